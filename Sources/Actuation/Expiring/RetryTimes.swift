internal import KernelIO

/// Schedules retries of entries that could not be undone, at growing intervals.
package struct RetryTimes: Sendable {
    private struct Wait {
        var pause: UInt64
        var end: UInt64
    }

    private static let first: UInt64 = 1_000_000_000
    private static let longest: UInt64 = 300_000_000_000

    /// The waits by the entries' sequence numbers.
    private var waits: [UInt64: Wait] = [:]

    /// Creates an empty schedule.
    package init() {}

    /// Returns the entries not to be tried yet at `now`, in nanoseconds of the monotonic clock.
    package func waiting(at now: UInt64) -> Set<UInt64> {
        Set(waits.filter { $0.value.end > now }.keys)
    }

    /// Records that the entries in `retried` failed at `now` and need another try.
    ///
    /// The pause before an entry's next try doubles, up to 5 minutes. Entries that were tried and
    /// are not in `retried` are forgotten.
    package mutating func note(_ retried: Set<UInt64>, at now: UInt64) {
        waits = waits.filter { $0.value.end > now || retried.contains($0.key) }
        for entry in retried {
            let pause = waits[entry].map { min($0.pause * 2, Self.longest) } ?? Self.first
            waits[entry] = Wait(pause: pause, end: now + pause)
        }
    }
}
