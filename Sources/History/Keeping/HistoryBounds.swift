internal import KernelIO

/// How long the tiers of a history keep samples, and the size of all together.
package struct HistoryBounds: Hashable, Sendable {
    /// How long every sample is kept.
    package var everySample = Duration.seconds(3600)
    /// How long one sample of every 10 s is kept.
    package var everyTenSeconds = Duration.seconds(2 * 86400)
    /// How long one sample of every minute is kept.
    package var everyMinute = Duration.seconds(30 * 86400)
    /// The largest size of the history in bytes; the oldest parts are removed first.
    package var largest: UInt64 = 1 << 30

    /// Creates the bounds of a host without a configuration.
    package init() {}

    /// A tier of the history, with its share of the size.
    struct Tier {
        let path: String
        /// The period in microseconds; 0 keeps every sample.
        let step: UInt64
        let bounds: PartBounds
    }

    /// The tiers in a directory, the finest first.
    func tiers(in directory: String) -> [Tier] {
        let kept: [(step: UInt64, age: Duration, eighths: UInt64)] = [
            (0, everySample, 1), (10_000_000, everyTenSeconds, 3), (60_000_000, everyMinute, 4),
        ]
        return zip(HistoryFolder.paths(in: directory), kept).map { path, tier in
            Tier(
                path: path, step: tier.step,
                bounds: PartBounds(bytes: largest / 8 * tier.eighths, age: tier.age / .seconds(1)))
        }
    }
}
