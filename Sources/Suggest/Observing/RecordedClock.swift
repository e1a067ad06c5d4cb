package import CgroupModel

/// Measures the time that snapshots cover, and finds gaps between them.
///
/// Steps of the wall clock do not matter, because CLOCK_BOOTTIME is used. That clock counts
/// suspend, so a suspended host is a gap. A reboot restarts it.
package struct RecordedClock: Sendable {
    /// The time since the snapshot before.
    package struct Step: Sendable {
        /// The time that the snapshot represents, in nanoseconds; 0 for the first and after a gap.
        package var elapsed: UInt64 = 0
        /// Whether the snapshot was already taken, because it is not newer than the last one of
        /// this boot: tiers of a history can repeat a period after a step of the clock.
        package var isRepeated = false
        /// Whether this is the first snapshot.
        package var isFirst = false
        /// Whether another run of the recorder began, which numbers cgroups again.
        package var isNewRun = false
        /// Whether the host was rebooted, so that no counter continues.
        package var isNewBoot = false
    }

    /// Snapshots further apart are a gap, unless the recording was always that slow.
    private static let longestStep: UInt64 = 150_000_000_000
    private static let hour: UInt64 = 3_600_000_000_000

    /// The number of snapshots.
    package private(set) var samples = 0
    /// The time that the snapshots represent, in nanoseconds.
    package private(set) var observed: UInt64 = 0
    /// The time in gaps, in nanoseconds.
    package private(set) var missing: UInt64 = 0
    /// The number of gaps.
    package private(set) var gaps = 0
    /// The times of the first and the last snapshot, in microseconds since 1970.
    package private(set) var wallTimes: (first: UInt64, last: UInt64) = (0, 0)
    private var last: UInt64 = 0
    private var cadence: UInt64 = 0
    private var run: RecordedRun?

    /// Creates a clock before the first snapshot.
    package init() {}

    /// The time from the first to the last snapshot, gaps included, in nanoseconds.
    package var span: UInt64 { observed.adding(missing) }

    /// Takes the next snapshot.
    package mutating func take(_ snapshot: Snapshot, of run: RecordedRun?) -> Step {
        let now = snapshot.tierTimes.first?.now ?? 0
        var step = Step()
        if samples > 0, now <= last, let run, run.boot == self.run?.boot {
            step.isRepeated = true
            return step
        }
        defer {
            last = now
            self.run = run
            wallTimes = (samples == 0 ? snapshot.wallTime : wallTimes.first, snapshot.wallTime)
            samples += 1
        }
        guard samples > 0 else {
            step.isFirst = true
            return step
        }
        step.isNewBoot = run?.boot != self.run?.boot || now < last
        step.isNewRun = step.isNewBoot || run != self.run
        guard !step.isNewBoot else {
            let before = wallTimes.last
            let wall = snapshot.wallTime > before ? snapshot.wallTime - before : 0
            skip(min(wall, UInt64.max / 1000) * 1000)
            return step
        }
        let elapsed = now - last
        guard elapsed <= min(max(Self.longestStep, 3 * cadence), Self.hour) else {
            // A recording of rare snapshots has one such gap, then a longer cadence.
            cadence = min(elapsed, Self.hour)
            skip(elapsed)
            return step
        }
        cadence = elapsed
        step.elapsed = elapsed
        observed.add(elapsed)
        return step
    }

    private mutating func skip(_ nanoseconds: UInt64) {
        missing.add(nanoseconds)
        gaps += 1
    }
}

/// A run of the recorder; CLOCK_BOOTTIME and the numbers of cgroups are comparable only within one.
package struct RecordedRun: Hashable, Sendable {
    /// The boot ID of the host.
    package let boot: String
    /// The start of the run in microseconds since 1970.
    package let start: UInt64

    /// Creates a run from the boot ID and the start.
    package init(boot: String, start: UInt64) {
        self.boot = boot
        self.start = start
    }
}
