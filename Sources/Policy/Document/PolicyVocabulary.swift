package import CgroupModel

/// One name that an expression can use.
package struct PolicyMetric: Sendable {
    /// Where its number comes from.
    package enum Source: Sendable {
        /// A row of ``MetricCatalog``; one with a dimension is summed unless a disk is named.
        case catalog(MetricID)
        /// Computed from several rows or from the machine's row.
        case derived(Derivation)
    }

    /// What is computed; the engine knows how.
    ///
    /// Shares are 0 to 1, before ``PolicyMetric/scale``.
    package enum Derivation: Sendable {
        /// The lowest limit of the cgroup, its ancestors and the machine: always a number.
        case memoryLimit
        /// Memory that reclaim cannot take: usage less what is on the file lists and slab
        /// that can be freed.
        case memoryUnreclaimable
        /// The quota of the cgroup and its ancestors, at most the CPUs of its cpuset.
        case cpuLimit
        /// The share of quota periods in which it was throttled.
        case throttledRatio
        /// Seconds since the cgroup was first seen.
        case age
        /// Whether all of it stands still.
        case frozen
        /// Whether it or one below holds a process.
        case populated
        case hostMemoryTotal, hostMemoryAvailable, hostSwapFree, hostSwapTotal
        /// Tasks that run or wait, and the busy share of all CPUs and of a disk.
        case hostLoad, hostCPUUse, hostDiskUse
        /// Pressure of the whole machine, raw as the kernel's rows: hundredths of a percent, and
        /// microseconds for `total`.
        case hostPressure(resource: String, line: String, window: String)
        /// Minutes after local midnight.
        case hostTime
    }

    /// The name, `host.` in front where it is the machine's.
    package let name: String
    /// A level, or a count that only grows.
    package let isCounter: Bool
    /// What its level or its count counts.
    package let unit: PolicyUnit
    /// What its rate counts, for a counter.
    package let rateUnit: PolicyUnit?
    /// What one unit of the source is in ``unit``: 1e-6 for microseconds.
    package let scale: Double
    /// Where the number comes from.
    package let source: Source
    /// Whether a disk can be named in brackets.
    package let takesInstance: Bool
    /// Whether the name stands for a counter's rate (`cpu.usage`, `io.write_rate`): to a reader a
    /// level, so `avg`, `min`, `max`, `p95` and `slope` take it, over the rates of the intervals.
    package let isRate: Bool
    /// The row that v1 has in place of ``source``; nil where it is the same or v1 has none.
    package let legacy: MetricID?
    /// One sentence for people.
    package let help: String

    /// What the name alone counts: a counter's rate, a level.
    package var valueUnit: PolicyUnit { rateUnit ?? unit }

    package init(
        name: String, isCounter: Bool, unit: PolicyUnit, rateUnit: PolicyUnit?, scale: Double,
        source: Source, takesInstance: Bool, isRate: Bool = false, legacy: MetricID? = nil,
        help: String
    ) {
        self.name = name
        self.isCounter = isCounter
        self.unit = unit
        self.rateUnit = rateUnit
        self.scale = scale
        self.source = source
        self.takesInstance = takesInstance
        self.isRate = isRate
        self.legacy = legacy
        self.help = help
    }
}
