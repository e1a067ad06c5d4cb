package import CgroupModel

/// Builds snapshots by hand, for tests of layers above the sampler.
package struct SnapshotBuilder {
    private struct Node {
        var path: CgroupPath
        var id: CgroupID
        var controllers: [Controller]
        var now: [String: Reading] = [:]
        var before: [String: Reading] = [:]
        var instances: [InstanceReading] = []
    }

    private var nodes: [Node] = []
    /// Metrics that become columns even where no cgroup sets them.
    package var metrics: [String]
    /// Counts the ticks.
    package var tick: UInt64 = 1
    /// Seconds between the two readings of every tier; nil for a first reading.
    package var seconds: Double? = 1
    /// How far the wall clock is from where it should be, in microseconds.
    package var wallShift: Int64 = 0
    /// The machine as a whole.
    package var host = HostSample()
    /// How the sampling went.
    package var health = SampleHealth()

    /// Starts without cgroups.
    package init(metrics: [String] = []) { self.metrics = metrics }

    /// Adds a cgroup with raw bytes as its path.
    package mutating func add(
        bytes: [UInt8], inode: UInt64 = 0, generation: UInt64 = 0,
        controllers: [Controller] = [.cpu, .memory, .io, .pids], _ now: [String: Reading] = [:],
        before: [String: Reading] = [:]
    ) {
        let serial = UInt64(nodes.count + 1)
        let id = CgroupID(
            inode: inode == 0 ? 1000 + serial : inode,
            generation: generation == 0 ? serial : generation)
        nodes.append(
            Node(
                path: CgroupPath(normalising: bytes), id: id, controllers: controllers, now: now,
                before: before))
    }

    /// Adds a cgroup with its readings now and, for counters, before.
    package mutating func add(
        _ path: String, inode: UInt64 = 0, generation: UInt64 = 0,
        controllers: [Controller] = [.cpu, .memory, .io, .pids], _ now: [String: Reading] = [:],
        before: [String: Reading] = [:]
    ) {
        add(
            bytes: Array(path.utf8), inode: inode, generation: generation,
            controllers: controllers, now, before: before)
    }

    /// Adds a value with a dimension to the cgroup that was added last.
    package mutating func instance(
        _ metric: String, _ key: InstanceKey, _ now: UInt64, before: UInt64? = nil
    ) {
        instance(metric, key, reading: Reading(now), before: before.map { Reading($0) })
    }

    /// The same with any reading.
    package mutating func instance(
        _ metric: String, _ key: InstanceKey, reading: Reading, before: Reading? = nil
    ) {
        guard let row = MetricCatalog.metric(named: metric), !nodes.isEmpty else {
            preconditionFailure("no metric \(metric), or no cgroup yet")
        }
        nodes[nodes.count - 1].instances.append(
            InstanceReading(
                metric: row.id, key: key, reading: reading, previous: before ?? .absent))
    }

    /// Lays everything out as the sampler does.
    package func build() -> Snapshot {
        let names = Set(metrics + nodes.flatMap { Array($0.now.keys) + Array($0.before.keys) })
        let schema = Schema(
            names.map { name in
                guard let metric = MetricCatalog.metric(named: name) else {
                    preconditionFailure("no metric \(name)")
                }
                return metric.id
            })
        let sorted = nodes.sorted { $0.path < $1.path }
        var block = RowBlock(values: [], previous: [], instances: [], instanceStarts: [0])
        var entries: [CgroupEntry] = []
        for (row, node) in sorted.enumerated() {
            for (column, id) in schema.columns.enumerated() {
                let name = MetricCatalog[id].name
                block.values.append((node.now[name] ?? .absent).rawValue)
                if column < schema.counterCount {
                    block.previous.append((node.before[name] ?? .absent).rawValue)
                }
            }
            block.instances += node.instances
            block.instanceStarts.append(block.instances.count)
            let parent = node.path.parent.flatMap { path in
                sorted.firstIndex { $0.path == path }
            }
            entries.append(
                CgroupEntry(
                    path: node.path, id: node.id, parent: parent, controllers: node.controllers,
                    row: RowLocation(block: 0, row: row)))
        }
        let now = 1_000_000_000 * (tick + 1)
        // Zero where there was no sample so long ago.
        let before = seconds.map { now - min(now, UInt64($0 * 1e9)) } ?? 0
        return Snapshot(
            tick: tick,
            wallTime: UInt64(1_790_000_000_000_000 + Int64(tick) * 1_000_000 + wallShift),
            tierTimes: Tier.allCases.map { _ in TierTimes(now: now, before: before) },
            schema: schema, cgroups: entries, blocks: [block], host: host, health: health)
    }
}
