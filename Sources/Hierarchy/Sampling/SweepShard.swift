internal import CgroupModel
internal import KernelIO

/// Reads the files of some of the cgroups on a thread of its own.
///
/// One shard is enough until its descriptors run out. Further shards, each with its own descriptor
/// table, take the remaining cgroups, because opening a file costs three times as much as reading
/// it.
actor SweepShard {
    private nonisolated let executor: ThreadExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe executor.asUnownedSerialExecutor()
    }

    private var reader: SweepReader

    init(_ plan: ReadPlan, on set: HierarchySet, budget: Int, executor: ThreadExecutor) {
        self.executor = executor
        reader = SweepReader(plan, on: set, budget: budget)
    }

    // On the shard's own thread, because descriptors are valid only in its table.
    isolated deinit { reader.close() }

    func assign(_ changes: [(row: Int, content: ShardRow?)]) { reader.assign(changes) }

    func settingsChanged(_ rows: [Int]) { reader.settingsChanged(rows) }

    /// The values of the last pass; all absent before the first.
    var block: RowBlock { reader.block }

    func sweep(_ due: SweepDue) -> SweepResult { reader.sweep(due) }

    func usualFiles() -> [(Tier, [UInt8])] { reader.usualFiles() }
}

/// The result of one pass.
struct SweepResult: Sendable {
    var block: RowBlock
    var health: SampleHealth
    /// The rows whose directory is gone, each with its hierarchy.
    var vanished: [(row: Int, hierarchy: Int)]
}

/// The files due in one pass.
struct SweepDue: Sendable {
    /// Whether each ``Tier`` is due; settings may also be due for single rows.
    var tiers: [Bool]
    /// Whether the settings of all rows are due.
    var allSettings: Bool
    /// Whether files that did not exist are tried again, because v2 controllers come and go.
    var reprobe: Bool
    /// Whether files are kept open for the next pass.
    var keeps: Bool
    /// Whether every write to a file is noticed, so that a limit read as unset is still unset.
    var seesWrites: Bool
}
