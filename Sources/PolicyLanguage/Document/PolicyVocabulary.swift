package import CgroupModel

/// A metric name that expressions can use.
package struct PolicyMetric: Sendable {
    /// The source of the value.
    package enum Source: Sendable {
        /// A metric of ``MetricCatalog``; the sum of all instances unless one is given in brackets.
        case catalog(MetricID)
        /// Computed from several metrics, or from the host's values.
        case derived(Derivation)
    }

    /// A derived metric; the engine computes it.
    ///
    /// Shares are 0 to 1, before ``PolicyMetric/scale``.
    package enum Derivation: Sendable {
        /// The lowest limit of the cgroup, its ancestors and the host; always a number.
        case memoryLimit
        /// Unreclaimable memory: usage minus the file lists and the
        /// reclaimable slab.
        case memoryUnreclaimable
        /// The quota of the cgroup and its ancestors, at most the CPUs of its cpuset.
        case cpuLimit
        /// The share of quota periods in which it was throttled.
        case throttledRatio
        /// Seconds since the cgroup was first seen.
        case age
        /// Whether all of its processes are frozen.
        case frozen
        /// Whether it or a descendant has a process.
        case populated
        case hostMemoryTotal, hostMemoryAvailable, hostSwapFree, hostSwapTotal
        /// Load average, and the busy share of all CPUs and of a disk.
        case hostLoad, hostCPUUse, hostDiskUse
        /// Pressure of the host, as in the kernel's rows: hundredths of a percent, and
        /// microseconds for `total`.
        case hostPressure(resource: String, line: String, window: String)
        /// Minutes after local midnight.
        case hostTime
    }

    /// The canonical name; `host.` is the prefix of the host's metrics.
    package let name: String
    /// The former names, besides those that ``CatalogName`` has.
    package let aliases: [String]
    /// Whether it is a counter instead of a level.
    package let isCounter: Bool
    /// The unit of the level or of the counter.
    package let unit: PolicyUnit
    /// The unit of a counter's rate.
    package let rateUnit: PolicyUnit?
    /// The factor from the source to ``unit``: 1e-6 for microseconds.
    package let scale: Double
    /// The source of the value.
    package let source: Source
    /// Whether it accepts an instance in brackets, such as a disk.
    package let takesInstance: Bool
    /// Whether the name means the rate of a counter (`io.wbytes.rate`).
    ///
    /// Policies treat it as a level: `avg`, `min`, `max`, `p95` and `slope` accept it, and use the
    /// rates of the intervals.
    package let isRate: Bool
    /// The metric that replaces ``source`` on v1; nil if it is the same or v1 has none.
    package let legacy: MetricID?
    /// The help text, one sentence.
    package let help: String

    /// The unit of the bare name: a counter's rate, or a level.
    package var valueUnit: PolicyUnit { rateUnit ?? unit }

    package init(
        name: String, aliases: [String] = [], isCounter: Bool, unit: PolicyUnit,
        rateUnit: PolicyUnit?, scale: Double, source: Source, takesInstance: Bool,
        isRate: Bool = false, legacy: MetricID? = nil, help: String
    ) {
        self.name = name
        self.aliases = aliases
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
