import CgroupModel

/// The columns of the metrics that sizing reads, in one schema; nil for a metric that it lacks.
struct ReadColumns: Sendable {
    let schema: Schema
    let memory, anon, inactiveFile, memoryPeak, memoryMax, memoryHigh, memorySoftLimit, swap: Int?
    let refaults, oomKills, localOOMKills, memoryHits, localMemoryHits, highHits: Int?
    let cpu, periods, throttledPeriods, quota, period, weight: Int?
    let tasks, tasksPeak, tasksMax, refusedForks: Int?

    init(_ schema: Schema) {
        self.schema = schema
        func column(_ id: MetricID) -> Int? { schema.column(of: id) }
        memory = column(.memoryUsage)
        anon = column(.memoryAnon)
        inactiveFile = column(.memoryInactiveFile)
        memoryPeak = column(.memoryPeak)
        memoryMax = column(.memoryMax)
        memoryHigh = column(.memoryHigh)
        memorySoftLimit = column(.memorySoftLimit)
        swap = column(.memorySwapUsage)
        refaults = column(Self.cacheRefaults)
        oomKills = column(.memoryOOMKills)
        localOOMKills = column(.memoryLocalOOMKills)
        memoryHits = column(Self.hits)
        localMemoryHits = column(Self.localHits)
        highHits = column(Self.highEvents)
        cpu = column(.cpuUsage)
        periods = column(.cpuPeriods)
        throttledPeriods = column(.cpuThrottledPeriods)
        quota = column(.cpuMax)
        period = column(.cpuMaxPeriod)
        weight = column(.cpuWeight)
        tasks = column(.pidsCurrent)
        tasksPeak = column(.pidsPeak)
        tasksMax = column(.pidsMax)
        refusedForks = column(.pidsRefused)
    }

    private static let cacheRefaults = MetricCatalog.id("memory.workingset_refault_file")
    private static let hits = MetricCatalog.id("memory.events.max")
    private static let localHits = MetricCatalog.id("memory.events.local.max")
    private static let highEvents = MetricCatalog.id("memory.events.high")
}

/// One row of a snapshot.
struct ReadRow {
    let snapshot: Snapshot
    let entry: CgroupEntry

    /// Returns the reading in a column; absent without a column.
    func callAsFunction(_ column: Int?) -> Reading {
        column.map { snapshot.reading(entry.row, column: $0) } ?? .absent
    }
}
