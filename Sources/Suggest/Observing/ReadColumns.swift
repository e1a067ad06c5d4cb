import CgroupModel

/// The columns of the metrics that sizing reads; nil for a metric that the schema lacks.
struct ReadColumns: Sendable {
    let schema: Schema
    let memory, inactiveFile, memoryPeak, memoryMax, memoryHigh, memorySoftLimit, swap: Int?
    let anon, file, activeFile, shmem, kernel, sockets: Int?
    let refaults, oomKills, localOOMKills, memoryHits, localMemoryHits, highHits: Int?
    let cpu, periods, throttledPeriods, quota, period, weight: Int?
    let tasks, tasksPeak, tasksMax, refusedForks: Int?

    init(_ schema: Schema) {
        self.schema = schema
        func column(_ id: MetricID) -> Int? { schema.column(of: id) }
        memory = column(.memoryUsage)
        anon = column(.memoryAnon)
        file = column(.memoryFile)
        activeFile = column(Self.activeFile)
        shmem = column(.memoryShmem)
        kernel = column(.memoryKernel)
        sockets = column(.memorySock)
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

    private static let activeFile = MetricCatalog.id("memory.active_file")
    private static let cacheRefaults = MetricCatalog.id("memory.workingset_refault_file")
    private static let hits = MetricCatalog.id("memory.events.max")
    private static let localHits = MetricCatalog.id("memory.events.local.max")
    private static let highEvents = MetricCatalog.id("memory.events.high")
}

/// One row of a snapshot, and the same row with the maxima of its period.
struct ReadRow {
    let snapshot: Snapshot
    /// The snapshot with the maxima of a thinned period; nil if nothing was thinned.
    let peaks: Snapshot?
    let entry: CgroupEntry

    /// Returns the reading in a column; absent without a column.
    func callAsFunction(_ column: Int?) -> Reading {
        column.map { snapshot.reading(entry.row, column: $0) } ?? .absent
    }

    /// Returns the highest number of a gauge in the period; nil if it has none.
    func highest(_ column: Int?) -> UInt64? {
        guard let column else { return nil }
        let own = snapshot.reading(entry.row, column: column).value
        guard let peaks else { return own }
        // Both snapshots have the same rows.
        let peak = peaks.reading(entry.row, column: column).value
        return [own, peak].compactMap(\.self).max()
    }
}

extension ReadRow {
    /// Returns the parts of memory; nil without usage.
    ///
    /// The maxima of a thinned period may be from different moments. The sum of the needed parts
    /// may therefore be too high, but is never too low.
    func memoryParts(_ columns: ReadColumns) -> MemoryDemand.Parts? {
        guard let own = self(columns.memory).value else { return nil }
        let file = self(columns.file).value
        let inactive = self(columns.inactiveFile).value ?? 0
        var used = file.map { $0 - min($0, inactive) }
        if peaks != nil, let active = highest(columns.activeFile) {
            used = max(used ?? 0, active.adding(highest(columns.shmem) ?? 0))
        }
        // Before 5.18, v2 has no sum of kernel memory.
        let rest = self(columns.anon).value.flatMap { anon in
            file.map { own - min(own, anon.adding($0)) }
        }
        return MemoryDemand.Parts(
            usage: highest(columns.memory) ?? own, anon: highest(columns.anon), usedFile: used,
            inactiveFile: inactive, kernel: highest(columns.kernel) ?? rest ?? 0,
            sockets: highest(columns.sockets) ?? 0)
    }
}
