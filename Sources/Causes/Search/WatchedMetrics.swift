package import CgroupModel

/// The rows of the catalog that only explanations use.
extension MetricID {
    static let
        memoryHighEvents = MetricCatalog.id("memory.events.local.high"),
        memoryMaxEvents = MetricCatalog.id("memory.events.local.max"),
        memoryLocalOOMs = MetricCatalog.id("memory.events.local.oom"),
        memoryActiveFile = MetricCatalog.id("memory.active_file"),
        memoryReclaimableSlab = MetricCatalog.id("memory.slab_reclaimable"),
        memoryFileRefaults = MetricCatalog.id("memory.workingset_refault_file"),
        memoryAnonRefaults = MetricCatalog.id("memory.workingset_refault_anon"),
        memoryAndSwapUsage = MetricCatalog.id("memory.memsw.current"),
        cpuLocalThrottledTime = MetricCatalog.id("cpu.local.throttled_usec"),
        cpuPressureSomeTotal = MetricCatalog.id("cpu.pressure.some.total"),
        cpuPressureFull = MetricCatalog.id("cpu.pressure.full.avg10"),
        cpuPressureFullTotal = MetricCatalog.id("cpu.pressure.full.total"),
        memoryPressureSomeTotal = MetricCatalog.id("memory.pressure.some.total"),
        memoryPressureFullTotal = MetricCatalog.id("memory.pressure.full.total"),
        ioPressureSomeTotal = MetricCatalog.id("io.pressure.some.total"),
        ioPressureFullTotal = MetricCatalog.id("io.pressure.full.total"),
        maxDescendants = MetricCatalog.id("cgroup.max.descendants")
}

extension Explanation {
    /// The metrics that a sample for an explanation must contain.
    package static let metrics: [MetricID] = {
        let limits = (Watch.levels + Watch.rates).flatMap { [$0.limit, $0.usage] }
        let pressure = Watch.waits.flatMap { [$0.average, $0.total] }
        return limits + pressure + Watch.counters + others
    }()

    private static let others: [MetricID] = [
        .cpuUsage, .cpuPeriods, .cpuThrottledPeriods, .cpuThrottledTime, .cpuMax, .cpuMaxPeriod,
        .cpuWeight, .cpuShares, .cpusetCPUs, .cpusetEffectiveCPUs, .memoryMaxEffective,
        .memoryHighEvents, .memoryMaxEvents, .memoryLocalOOMs, .memoryOOMKills,
        .memoryLocalOOMKills, .memoryUnderOOM, .memoryAnon, .memoryInactiveFile,
        .memoryActiveFile, .memoryReclaimableSlab, .pidsRefused, .frozen, .freeze, .selfFreezing,
        .freezerState, .populated,
    ]
}
