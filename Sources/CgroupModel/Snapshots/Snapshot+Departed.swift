/// A cgroup that no longer exists, with its last values.
package struct DepartedCgroup: Hashable, Sendable {
    /// The cgroup.
    package let path: CgroupPath
    /// The identity; the inode is 0 if no sample contained the cgroup.
    package let id: CgroupID
    fileprivate let controllers: [Controller]
    fileprivate let values: [UInt64]
    fileprivate let instances: [InstanceReading]

    /// Copies the row of a cgroup from its last snapshot; `totals` replace values in it.
    package init(
        _ snapshot: Snapshot, _ index: Int, totals: [(metric: MetricID, value: UInt64)] = []
    ) {
        let entry = snapshot.cgroups[index]
        let width = snapshot.schema.width
        let start = entry.row.row * width
        self.init(
            entry.path, entry.id, entry.controllers,
            Array(snapshot.blocks[entry.row.block].values[start..<start + width]),
            Array(snapshot.instances(index)), snapshot.schema, totals)
    }

    /// Creates a cgroup that no snapshot contained, and of which only totals are known.
    package init(
        _ path: CgroupPath, id: CgroupID, _ schema: Schema,
        totals: [(metric: MetricID, value: UInt64)]
    ) {
        self.init(
            path, id, [],
            [UInt64](repeating: Reading.absent.rawValue, count: schema.width), [], schema, totals)
    }

    private init(
        _ path: CgroupPath, _ id: CgroupID, _ controllers: [Controller], _ values: [UInt64],
        _ instances: [InstanceReading], _ schema: Schema,
        _ totals: [(metric: MetricID, value: UInt64)]
    ) {
        self.path = path
        self.id = id
        self.controllers = controllers
        var values = values
        for (metric, value) in totals {
            if let column = schema.column(of: metric) { values[column] = Reading(value).rawValue }
        }
        self.values = values
        self.instances = instances.map {
            InstanceReading(metric: $0.metric, key: $0.key, reading: $0.reading)
        }
    }
}

extension Snapshot {
    /// Returns the snapshot with cgroups that no longer exist, which have no rates.
    ///
    /// Cgroups whose rows have another schema are left out.
    package func adding(_ dead: [DepartedCgroup]) -> Snapshot {
        let dead = dead.filter { $0.values.count == schema.width }
        guard !dead.isEmpty else { return self }
        var block = RowBlock(values: [], previous: [], instances: [], instanceStarts: [0])
        var all = cgroups
        for (row, one) in dead.enumerated() {
            block.values += one.values
            block.previous += [UInt64](
                repeating: Reading.absent.rawValue, count: schema.counterCount)
            block.instances += one.instances
            block.instanceStarts.append(block.instances.count)
            all.append(
                CgroupEntry(
                    path: one.path, id: one.id, parent: nil, controllers: one.controllers,
                    row: RowLocation(block: blocks.count, row: row)))
        }
        all.sort { $0.path < $1.path }
        var result = Snapshot(
            tick: tick, wallTime: wallTime, tierTimes: tierTimes, schema: schema,
            cgroups: Self.linked(all), blocks: blocks + [block], host: host, health: health)
        result.departed = Set(dead.map(\.id.generation))
        result.settingsReads = settingsReads
        return result
    }

    /// Returns sorted entries with the positions of their parents.
    private static func linked(_ entries: [CgroupEntry]) -> [CgroupEntry] {
        var ancestors: [Int] = []
        return entries.enumerated().map { index, entry in
            while let last = ancestors.last, !entry.path.isWithin(entries[last].path) {
                ancestors.removeLast()
            }
            let parent = ancestors.last { entries[$0].path == entry.path.parent }
            ancestors.append(index)
            return CgroupEntry(
                path: entry.path, id: entry.id, parent: parent, controllers: entry.controllers,
                row: entry.row)
        }
    }
}
