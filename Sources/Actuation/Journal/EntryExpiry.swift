internal import CgroupModel
internal import Hierarchy
internal import KernelIO

/// The expiry of a change as recorded in each of its entries.
package struct EntryExpiry: Hashable, Sendable {
    /// The number of the change, by which people confirm it: the sequence number of its first
    /// record.
    package let change: UInt64
    /// The time at which it is undone, in microseconds since boot (CLOCK_BOOTTIME).
    package let deadline: UInt64
    /// Whether a confirmation keeps the change.
    package let awaitsConfirmation: Bool
    /// The process that undoes it.
    package let helper: UndoHelper
    /// Why the entry could not be undone at the deadline; nil before that.
    package internal(set) var obstacle: String?

    /// The current time on the clock of ``deadline``.
    package static var now: UInt64 { MonotonicClock.bootNanoseconds / 1000 }

    /// Whether the deadline has passed.
    package func hasPassed(_ now: UInt64 = EntryExpiry.now) -> Bool { now >= deadline }

    /// The time left; zero after the deadline.
    package func timeLeft(_ now: UInt64 = EntryExpiry.now) -> Duration {
        .microseconds(Int64(clamping: deadline - min(now, deadline)))
    }
}

/// The process that undoes a change at its deadline; the start time excludes a later process with
/// the same PID.
package struct UndoHelper: Hashable, Sendable {
    /// The process ID.
    package let pid: Int32
    /// The start time in ticks since boot.
    package let startTicks: UInt64

    /// This process.
    static var own: UndoHelper {
        UndoHelper(
            pid: Caller.process,
            startTicks: ProcessReader(.live).stat(Caller.process)?.startTicks ?? 0)
    }

    /// Whether it still runs.
    package var isRunning: Bool {
        guard let stat = ProcessReader(.live).stat(pid) else { return false }
        return stat.startTicks == startTicks && !stat.isEnding
    }

    init(pid: Int32, startTicks: UInt64) {
        self.pid = pid
        self.startTicks = startTicks
    }

    /// Parses the line that a helper prints once it watches: `ready PID TICKS`.
    init?(ready line: String) {
        let words = line.split(separator: " ")
        guard words.count == 3, words[0] == "ready" else { return nil }
        self.init(words[1], words[2])
    }

    /// Parses the form of a record: `PID:TICKS`.
    init?(_ text: String) {
        let words = text.split(separator: ":")
        guard words.count == 2 else { return nil }
        self.init(words[0], words[1])
    }

    private init?(_ pid: Substring, _ ticks: Substring) {
        guard let pid = Int32(pid), pid > 0, let ticks = UInt64(ticks) else { return nil }
        self.init(pid: pid, startTicks: ticks)
    }

    var readyLine: String { "ready \(pid) \(startTicks)" }
    var text: String { "\(pid):\(startTicks)" }
}

extension EntryExpiry {
    /// The fields of a record.
    var fields: [(key: String, value: String)] {
        [
            ("change", "\(change)"), ("until", "\(deadline)"),
            ("confirm", awaitsConfirmation ? "1" : "0"), ("helper", helper.text),
        ]
    }

    /// Parses the fields of a record; nil if it has none or they are malformed.
    init?(_ line: RecordLine) {
        guard let change = line.number("change"), let deadline = line.number("until"),
            let helper = line["helper"].flatMap({ UndoHelper($0) })
        else { return nil }
        self.init(
            change: change, deadline: deadline, awaitsConfirmation: line["confirm"] == "1",
            helper: helper)
    }
}
