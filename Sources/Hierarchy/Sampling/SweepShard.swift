internal import CgroupModel
internal import KernelIO

/// Reads some of the cgroups on a thread of its own.
///
/// One shard is enough until its descriptors run out; then further shards, each with its own
/// descriptor table, take the rest, because opening a file costs three times as much as reading it.
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

    // On the shard's own thread: descriptors mean nothing on another one.
    isolated deinit { reader.close() }

    func assign(_ changes: [(row: Int, content: ShardRow?)]) { reader.assign(changes) }

    func settingsChanged(_ rows: [Int]) { reader.settingsChanged(rows) }

    func sweep(_ due: SweepDue) -> SweepResult { reader.sweep(due) }

    func usualFiles() -> [(Tier, [UInt8])] { reader.usualFiles() }
}

/// What one pass brought.
struct SweepResult: Sendable {
    var block: RowBlock
    var health: SampleHealth
    /// Rows, and the hierarchies in which their directory is gone.
    var vanished: [(row: Int, hierarchy: Int)]
}
