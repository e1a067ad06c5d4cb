package import CgroupModel

extension Snapshot {
    /// The same snapshot with all values in one block, in the order of the cgroups.
    ///
    /// The sampler's division into blocks is an implementation detail and is not preserved.
    package var normalised: Snapshot {
        if isNormalised { return self }
        var all = RowBlock(values: [], previous: [], instances: [], instanceStarts: [0])
        all.values.reserveCapacity(cgroups.count * schema.width)
        all.previous.reserveCapacity(cgroups.count * schema.counterCount)
        var entries: [CgroupEntry] = []
        entries.reserveCapacity(cgroups.count)
        for (index, entry) in cgroups.enumerated() {
            let place = entry.row
            let block = blocks[place.block]
            let values = place.row * schema.width
            let previous = place.row * schema.counterCount
            all.values += block.values[values..<values + schema.width]
            all.previous += block.previous[previous..<previous + schema.counterCount]
            all.instances += instances(index)
            all.instanceStarts.append(all.instances.count)
            entries.append(
                CgroupEntry(
                    path: entry.path, id: entry.id, parent: entry.parent,
                    controllers: entry.controllers, row: RowLocation(block: 0, row: index)))
        }
        return Snapshot(
            tick: tick, wallTime: wallTime, tierTimes: tierTimes, schema: schema,
            cgroups: entries, blocks: [all], host: host, health: health)
    }

    private var isNormalised: Bool {
        guard blocks.count == 1, blocks[0].instanceStarts.count == cgroups.count + 1,
            blocks[0].instanceStarts[0] == 0
        else { return false }
        return cgroups.indices.allSatisfy { cgroups[$0].row == RowLocation(block: 0, row: $0) }
    }
}
