internal import CgroupModel
internal import Glibc

/// The end of a wait; time in suspend counts (CLOCK_BOOTTIME).
package struct Deadline: Sendable {
    private let end: UInt64

    /// Creates a deadline `span` from now.
    package init(after span: Duration) {
        end = Self.now + span.nanoseconds
    }

    /// Whether the deadline has passed.
    package var hasPassed: Bool { Self.now >= end }

    /// The milliseconds left, rounded up; 0 once the deadline has passed.
    package var milliseconds: Int64 {
        let now = Self.now
        return now >= end ? 0 : Int64((end - now + 999_999) / 1_000_000)
    }

    /// Polls a condition; false if it never held before the deadline.
    ///
    /// For states that the kernel does not notify about. The polls are 1 ms apart at first and at
    /// most 20 ms apart later.
    package func wait<Failure: Error>(
        until condition: () throws(Failure) -> Bool
    ) throws(Failure) -> Bool {
        var pause: Int64 = 1
        while true {
            if try condition() { return true }
            if hasPassed { return false }
            Self.pause(milliseconds: min(pause, max(milliseconds, 1)))
            pause = min(pause * 2, 20)
        }
    }

    private static func pause(milliseconds: Int64) {
        var span = timespec(
            tv_sec: Int(milliseconds / 1000), tv_nsec: Int(milliseconds % 1000) * 1_000_000)
        unsafe nanosleep(&span, nil)
    }

    private static var now: UInt64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_BOOTTIME, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
