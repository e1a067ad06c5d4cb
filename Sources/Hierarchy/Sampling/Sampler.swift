package import CgroupModel
package import KernelIO

/// Turns the host's cgroup files into snapshots, one per tick.
///
/// It runs on a thread of its own, and errors do not stop a tick. A file that fails makes its own
/// readings absent, not permitted or malformed. A cgroup that vanishes is missing from the next
/// snapshot.
package actor Sampler {
    private nonisolated let executor: ThreadExecutor
    /// The executor of the sampler's thread.
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe executor.asUnownedSerialExecutor()
    }

    /// The hierarchies that are sampled.
    package nonisolated let hierarchies: HierarchySet
    /// The plan with the files to read and the columns of the snapshots.
    package nonisolated let plan: ReadPlan
    /// The errors of the hierarchies that cannot be opened and are not sampled.
    package nonisolated let unreadable: [IOError]
    private let budget: Int
    private var trees: TreeSet
    private var nodes: NodeTable
    private var shards: [SweepShard] = []
    private var host: HostReader
    private var schedule: SweepSchedule
    private var health = SampleHealth()
    private var suspects: [Int: Set<CgroupPath>] = [:]
    /// The cgroups with a file that user space wrote to since the last pass.
    private var written: Set<CgroupPath> = []
    /// The task that the next call has to wait for.
    private var turn: Task<Void, Never>?
    /// The descriptors for poll(2): readable once a cgroup was created or removed, until the next
    /// update.
    package nonisolated let notices: [Int32]

    /// Creates a sampler; throws if none of the hierarchies' roots can be opened.
    package init(
        _ plan: ReadPlan, on set: HierarchySet, _ configuration: SamplerConfiguration = .init()
    ) throws(IOError) {
        self.plan = plan
        schedule = SweepSchedule(configuration)
        hierarchies = set
        executor = ThreadExecutor(name: "sampler")
        budget = configuration.descriptorBudget ?? DescriptorBudget.raiseLimit()
        let kept = plan.files.count { $0.tier <= .costly }
        nodes = NodeTable(
            set, rowsPerShard: budget / max(1, kept), readDepth: configuration.readDepth)
        host = HostReader(set.system)
        let trees = try TreeSet(
            set, scope: configuration.scope, watching: configuration.isContinuous)
        unreadable = trees.failures
        notices = trees.notices
        self.trees = trees
    }

    /// Lists the cgroups without reading their files, for a reader who cannot wait for the first
    /// sample.
    ///
    /// All their values are absent. The first sample then has the same identities.
    package func listing() async -> Snapshot { await inTurn { await $0.takeListing() } }

    /// Reads everything that is due; overlapping calls take turns.
    package func sample() async -> Snapshot { await inTurn { await $0.takeSnapshot() } }

    /// Updates the tree and returns the cgroups created since the last update.
    ///
    /// Their files are not read before the next sample.
    package func newborns() async -> Newborns {
        await inTurn { sampler in
            let born = await sampler.updateTree()
            return Newborns(
                cgroups: born.sorted().compactMap { sampler.nodes.entry(of: $0) },
                tick: sampler.schedule.tick)
        }
    }

    /// Cgroups that are not in any sample yet.
    package struct Newborns: Sendable {
        /// The cgroups in path order, without their parents' positions.
        package let cgroups: [CgroupEntry]
        /// The number of the last sample before they were found.
        package let tick: UInt64
    }

    private func inTurn<Result: Sendable>(
        _ work: @escaping @Sendable (isolated Sampler) async -> Result
    ) async -> Result {
        let earlier = turn
        let task = Task { () -> Result in
            await earlier?.value
            return await work(self)
        }
        let own = Task { _ = await task.value }
        turn = own
        let result = await task.value
        if turn == own { turn = nil }
        return result
    }

    private func takeListing() async -> Snapshot {
        _ = await updateTree()
        var blocks: [RowBlock] = []
        for shard in shards { blocks.append(await shard.block) }
        // A copy, because the host's rates begin with the first sample.
        var host = host
        return Snapshot(
            tick: 0, wallTime: MonotonicClock.wallMicroseconds, tierTimes: schedule.tierTimes,
            schema: plan.schema, cgroups: nodes.entries(), blocks: blocks, host: host.read(),
            health: SampleHealth())
    }

    private func takeSnapshot() async -> Snapshot {
        let start = MonotonicClock.nanoseconds
        _ = await updateTree(suspects)
        await markSettings()
        // Updating the tree takes time, above all at the first tick, and counters keep growing
        // meanwhile.
        let due = schedule.begin(
            at: MonotonicClock.bootNanoseconds, seesWrites: trees.seesWrites)
        var blocks: [RowBlock] = []
        var pass = SampleHealth()
        suspects = [:]
        for (index, shard) in shards.enumerated() {
            let result = await shard.sweep(due)
            blocks.append(result.block)
            pass.add(result.health)
            note(result.vanished, shard: index)
        }
        health.accumulate(pass)
        health.duration = MonotonicClock.nanoseconds - start
        var snapshot = Snapshot(
            tick: schedule.tick, wallTime: MonotonicClock.wallMicroseconds,
            tierTimes: schedule.tierTimes, schema: plan.schema, cgroups: nodes.entries(),
            blocks: blocks, host: host.read(), health: health)
        snapshot.settingsReads = schedule.settingsReads
        return snapshot
    }

    /// The paths of the files that a typical pass reads, each with its tier.
    package func usualFiles() async -> [(tier: Tier, path: [UInt8])] {
        var files: [(Tier, [UInt8])] = []
        for shard in shards { files += await shard.usualFiles() }
        return files
    }

    /// The number of files read since the start.
    package var filesRead: UInt64 { health.filesRead }

    /// The interval in ticks at which costly files are worth reading by default: the kernel updates
    /// `memory.stat` every 2 s.
    package static func costlyMultiple(interval seconds: Double) -> UInt64 {
        UInt64(max(1, (2 / max(seconds, 0.05)).rounded()))
    }

    /// Sets the interval between reads of the costly files, in ticks.
    package func setCostlyMultiple(_ multiple: UInt64) {
        schedule.setCostlyMultiple(multiple)
    }

    /// The inode of a cgroup in each hierarchy, 0 if the path does not exist there.
    package func inodes(of path: CgroupPath) -> [UInt64] { nodes.inodes(of: path) }

    /// Updates the tree; returns the paths that appeared in any hierarchy.
    private func updateTree(_ suspects: [Int: Set<CgroupPath>] = [:]) async -> Set<CgroupPath> {
        var moves: [NodeTable.Change] = []
        let changes = trees.update(suspects: suspects)
        written.formUnion(changes.written)
        for (hierarchy, path) in changes.died
        where nodes.leave(path, hierarchy: hierarchy, &moves) {
            health.deaths += 1
        }
        for (hierarchy, path, inode) in changes.born {
            switch nodes.enter(path, hierarchy: hierarchy, inode: inode, &moves) {
            case .born: health.births += 1
            case .replaced:
                health.births += 1
                health.deaths += 1
            case .joined: break
            }
        }
        while shards.count < nodes.shardCount {
            // The first shard uses the shared descriptor table; only further ones need their own.
            let thread =
                shards.isEmpty
                ? executor
                : ThreadExecutor(name: "sampler \(shards.count)", ownDescriptorTable: true)
            shards.append(SweepShard(plan, on: hierarchies, budget: budget, executor: thread))
        }
        let assignments = nodes.assignments(moves)
        for assignment in assignments where assignment.content != nil {
            schedule.requestSettings(of: assignment.location)
        }
        for (index, shard) in shards.enumerated() {
            let own = assignments.filter { $0.location.block == index }
            if !own.isEmpty { await shard.assign(own.map { ($0.location.row, $0.content) }) }
        }
        return Set(changes.born.map(\.path))
    }

    private func markSettings() async {
        guard !written.isEmpty else { return }
        defer { written = [] }
        // A write in a cgroup may change the effective settings of all its descendants.
        let rows = nodes.rows(within: written)
        schedule.requestSettings(of: rows)
        for (index, shard) in shards.enumerated() {
            let own = rows.filter { $0.block == index }.map(\.row)
            if !own.isEmpty { await shard.settingsChanged(own) }
        }
    }

    private func note(_ vanished: [(row: Int, hierarchy: Int)], shard: Int) {
        guard !vanished.isEmpty else { return }
        let locations = vanished.map { RowLocation(block: shard, row: $0.row) }
        let paths = nodes.paths(at: Set(locations))
        for (location, (_, hierarchy)) in zip(locations, vanished) {
            if let parent = paths[location]?.parent {
                suspects[hierarchy, default: []].insert(parent)
            }
        }
    }
}
