internal import KernelIO

/// The times at which entries that could not be undone are tried again, later and later.
package struct RetryTimes: Sendable {
    private struct Wait {
        var pause: UInt64
        var end: UInt64
    }

    private static let first: UInt64 = 1_000_000_000
    private static let longest: UInt64 = 300_000_000_000

    /// The waits by the entries' sequence numbers.
    private var waits: [UInt64: Wait] = [:]

    /// Waits for nothing yet.
    package init() {}

    /// Returns the entries that are not tried at a time, in nanoseconds of the monotonic clock.
    package func waiting(at now: UInt64) -> Set<UInt64> {
        Set(waits.filter { $0.value.end > now }.keys)
    }

    /// Notes the result of a round at a time.
    ///
    /// The pause before the next try of an entry doubles up to 5 minutes. Entries that were tried
    /// and are not in `retried` are forgotten.
    package mutating func note(_ retried: Set<UInt64>, at now: UInt64) {
        waits = waits.filter { $0.value.end > now || retried.contains($0.key) }
        for entry in retried {
            let pause = waits[entry].map { min($0.pause * 2, Self.longest) } ?? Self.first
            waits[entry] = Wait(pause: pause, end: now + pause)
        }
    }
}
