public import CgroupModel

/// One name that an expression can use.
public struct PolicyMetric: Sendable {
    /// Where its number comes from.
    public enum Source: Sendable {
        /// A row of ``MetricCatalog``; one with a dimension is summed unless a disk is named.
        case catalog(MetricID)
        /// Computed from several rows or from the machine's row.
        case derived(Derivation)
    }

    /// What is computed; the engine knows how.
    public enum Derivation: Sendable {
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
        case hostLoad, hostCPUUse, hostDiskUse
        /// Pressure of the whole machine.
        case hostPressure(resource: String, line: String, window: String)
        /// Minutes after local midnight.
        case hostTime
    }

    /// The name, `host.` in front where it is the machine's.
    public let name: String
    /// A level, or a count that only grows.
    public let isCounter: Bool
    /// What its level or its count counts.
    public let unit: PolicyUnit
    /// What its rate counts, for a counter.
    public let rateUnit: PolicyUnit?
    /// What one unit of the source is in ``unit``: 1e-6 for microseconds.
    public let scale: Double
    /// Where the number comes from.
    public let source: Source
    /// Whether a disk can be named in brackets.
    public let takesInstance: Bool
    /// One sentence for people.
    public let help: String

    /// Joins the parts.
    public init(
        name: String, isCounter: Bool, unit: PolicyUnit, rateUnit: PolicyUnit?, scale: Double,
        source: Source, takesInstance: Bool, help: String
    ) {
        self.name = name
        self.isCounter = isCounter
        self.unit = unit
        self.rateUnit = rateUnit
        self.scale = scale
        self.source = source
        self.takesInstance = takesInstance
        self.help = help
    }
}
