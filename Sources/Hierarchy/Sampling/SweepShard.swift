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

/// A cgroup as a shard knows it.
struct ShardRow: Sendable {
    /// Relative to the hierarchies' roots.
    let path: [UInt8]
    let generation: UInt64
    /// The inode in each hierarchy, 0 where the path does not exist.
    let inodes: [UInt64]
}

/// What one pass has to read.
struct SweepDue: Sendable {
    /// By ``Tier``; the settings tier is also due for single rows.
    var tiers: [Bool]
    /// Whether the settings of all rows are due.
    var allSettings: Bool
    /// Whether files that did not exist are tried again, since v2 controllers come and go.
    var reprobe: Bool
    /// Whether descriptors are kept for a next pass.
    var keeps: Bool
    /// Whether a write to any file is noticed, so that a limit is known to be still unset.
    var seesWrites: Bool
}
