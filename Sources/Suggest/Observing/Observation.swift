package import CgroupModel

/// A mean rate over a window of about ten seconds or more.
package struct WindowRate: Sendable {
    /// The rate: millionths of a CPU, bytes or operations per second.
    package let rate: UInt64
    /// The length of the window in nanoseconds.
    package let time: UInt64
}

/// A mean rate of I/O on one disk.
package struct DiskRate: Sendable {
    /// The limit on the rate: `io.max.rbps` and its siblings.
    package let limit: MetricID
    /// The disk.
    package let disk: InstanceKey
    /// The rate.
    package let window: WindowRate
    /// The limit in force; unlimited if there is none.
    package let present: Reading
}

/// The readings of a cgroup in one snapshot, with counters as growth since the snapshot before.
package struct Observation: Sendable {
    /// The time in microseconds since 1970.
    package var time: UInt64 = 0
    /// The nanoseconds that the snapshot represents; 0 for the cgroup's first and after a gap.
    package var elapsed: UInt64 = 0
    /// Whether the cgroup was created since the snapshot before.
    package var isNewborn = false

    /// Charged memory in bytes, with all cache.
    package var memory: UInt64?
    /// Memory that could not be reclaimed without harm; see ``MemoryDemand``.
    package var demand: UInt64?
    /// Swap in use.
    package var swap: UInt64?
    /// The hard limit.
    package var memoryMax = Reading.absent
    /// `memory.high`; absent on v1.
    package var memoryHigh = Reading.absent
    /// `memory.soft_limit`; absent on v2.
    package var memorySoftLimit = Reading.absent
    /// Charges that hit the hard limit, OOM kills, and throttled charges.
    package var memoryHits: UInt64 = 0, oomKills: UInt64 = 0, highHits: UInt64 = 0

    /// CPU usage, once a window is complete.
    package var cpu: WindowRate?
    /// Quota periods, and those in which the cgroup was throttled.
    package var periods: UInt64 = 0, throttledPeriods: UInt64 = 0
    /// The quota in millionths of a CPU; unlimited if there is none.
    package var quota = Reading.absent
    /// The share of CPU time relative to siblings.
    package var weight = Reading.absent

    /// Tasks, including a peak between two snapshots.
    package var tasks: UInt64?
    /// The limit on tasks.
    package var tasksMax = Reading.absent
    /// Forks that failed because of the limit.
    package var refusedForks: UInt64 = 0

    /// Complete windows of I/O on disks with a limit.
    package var disks: [DiskRate] = []

    /// The lowest of the memory limits in force; nil if there is none.
    package var memoryLimit: UInt64? {
        [memoryMax.value, memoryHigh.value].compactMap(\.self).min()
    }

    /// Whether the demand is at least 97 % of the lowest memory limit.
    ///
    /// Usage alone says nothing: page cache fills every limit.
    package var isMemoryBound: Bool {
        guard let demand, let limit = memoryLimit else { return false }
        return Double(demand) >= Double(limit) * 0.97
    }
}
