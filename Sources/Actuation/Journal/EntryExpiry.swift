internal import CgroupModel
internal import KernelIO

/// The expiry of a change as recorded in each of its entries.
package struct EntryExpiry: Hashable, Sendable {
    /// The number of the change, by which people confirm it: the sequence number of its first
    /// record.
    package let change: UInt64
    /// When it is undone, in microseconds since boot (CLOCK_BOOTTIME).
    package let deadline: UInt64
    /// Whether a confirmation keeps the change.
    package let awaitsConfirmation: Bool
    /// The process that undoes it.
    package let helper: ProcessIdentity
    /// Why the entry could not be undone at the deadline; nil before that.
    package internal(set) var obstacle: String?

    /// The obstacles after which an entry is left to `restore`.
    static let changed = "something else has changed it since"
    static let inUse = "the cgroup is in use"

    /// Whether only a person decides about the entry from now on.
    var isLeft: Bool { obstacle.map(Self.isFinal) ?? false }

    /// Whether an obstacle is one after which an entry is left.
    static func isFinal(_ obstacle: String) -> Bool { [changed, inUse].contains(obstacle) }

    /// The current time on the clock of ``deadline``.
    package static var now: UInt64 { MonotonicClock.bootNanoseconds / 1000 }

    /// Whether the deadline has passed.
    package func hasPassed(_ now: UInt64 = EntryExpiry.now) -> Bool { now >= deadline }

    /// The time left; zero after the deadline.
    package func timeLeft(_ now: UInt64 = EntryExpiry.now) -> Duration {
        .microseconds(Int64(clamping: deadline - min(now, deadline)))
    }
}

extension EntryExpiry {
    /// The fields of a record, besides the number of the change, which every change has.
    var fields: [(key: String, value: String)] {
        [
            ("until", "\(deadline)"), ("confirm", awaitsConfirmation ? "1" : "0"),
            ("helper", helper.helperText),
        ]
    }

    /// Parses the fields of a record; nil if it has none or they are malformed.
    init?(_ line: RecordLine) {
        guard let change = line.number("change"), change > 0,
            let deadline = line.number("until"),
            let helper = line["helper"].flatMap({ ProcessIdentity(helper: $0) })
        else { return nil }
        self.init(
            change: change, deadline: deadline, awaitsConfirmation: line["confirm"] == "1",
            helper: helper)
    }
}
