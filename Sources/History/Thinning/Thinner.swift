package import CgroupModel

/// Thins samples to one for each period of wall-clock time.
///
/// The kept snapshot is the last sample of its period, with the sample kept before as its
/// baseline. So counters are exact and rates cover the whole period. The other samples remain as
/// maxima and means of the gauges.
package struct Thinner: Sendable {
    /// A kept snapshot, with a summary of its period.
    package struct Kept: Sendable {
        /// The last sample of the period.
        package let snapshot: Snapshot
        /// The summary of its samples; nil if there was one only.
        package let gauges: GaugeSummary?
    }

    /// A longer pause ends a period, unless the samples are that rare.
    private static let pause: UInt64 = 10_000_000_000

    private let period: UInt64
    private var last: Snapshot?
    private var sums: GaugeSums?
    /// The last snapshot that was kept, as it was returned.
    private var kept: Snapshot?
    /// The time between the last two samples in nanoseconds.
    private var gap: UInt64?

    /// Creates a thinner with a period in microseconds.
    package init(period: UInt64) { self.period = max(period, 1) }

    /// Takes the next sample; returns the snapshot of the period that it ends.
    package mutating func take(_ snapshot: Snapshot) -> Kept? {
        var ended: Kept?
        if let last, !continues(last, snapshot) { ended = end() }
        if let last {
            let (now, before) = (snapshot.bootTime, last.bootTime)
            gap = now > before ? now - before : nil
        }
        last = snapshot
        if sums?.schema != snapshot.schema { sums = GaugeSums(snapshot.schema) }
        sums?.add(snapshot)
        return ended
    }

    /// Ends the period, for example at the end of the recording; nil if it has no sample.
    package mutating func end() -> Kept? {
        guard let last, let sums, sums.samples > 0 else { return nil }
        let snapshot = kept.map { last.rebased(on: $0) } ?? last.normalised
        kept = snapshot
        let gauges = sums.summary(of: snapshot)
        self.sums?.reset()
        return Kept(snapshot: snapshot, gauges: gauges)
    }

    /// Whether two samples belong to one period.
    ///
    /// A clock step, a long pause such as suspend, a boot, and other columns end it.
    private func continues(_ before: Snapshot, _ now: Snapshot) -> Bool {
        guard before.wallTime / period == now.wallTime / period, before.schema == now.schema,
            now.wallTime >= before.wallTime, now.bootTime >= before.bootTime
        else { return false }
        let passed = now.bootTime - before.bootTime
        if passed > Self.pause, passed / 3 > gap ?? .max { return false }
        return !now.isAfterClockStep(since: before)
    }
}

extension Snapshot {
    /// The time of the newest reading in nanoseconds of CLOCK_BOOTTIME.
    var bootTime: UInt64 { tierTimes.map(\.now).max() ?? 0 }

    /// Whether the wall clock was set by more than half a second since another sample of the same
    /// boot.
    package func isAfterClockStep(since before: Snapshot) -> Bool {
        let wall = Int64(bitPattern: wallTime &- before.wallTime)
        let boot = Int64(bitPattern: bootTime &- before.bootTime) / 1000
        return (wall &- boot).magnitude > 500_000
    }
}
