extension Snapshot {
    /// The difference between the clocks' progress, in seconds, that is no step of the wall clock.
    private static let slack = 5.0

    /// Returns the snapshot with the counters of an earlier one as previous values.
    ///
    /// The rates are then exact for the time between the two snapshots, which need not follow one
    /// another. Without an earlier snapshot, or after a reboot, no counter has a previous value. A
    /// counter of a file that was not read again keeps its last rate.
    package func since(_ earlier: Snapshot?) -> Snapshot {
        let base = earlier.flatMap { isSameBoot($0) ? $0 : nil }
        let keeps = tierTimes.indices.map { tier in
            base.map { $0.tierTimes[tier].now == tierTimes[tier].now } ?? false
        }
        let times = tierTimes.indices.map { tier in
            keeps[tier]
                ? tierTimes[tier]
                : TierTimes(now: tierTimes[tier].now, before: base?.tierTimes[tier].now ?? 0)
        }
        var blocks = blocks
        for index in cgroups.indices {
            let old = base.flatMap { row(of: index, in: $0) }
            let place = cgroups[index].row
            let start = place.row * schema.counterCount
            for (column, metric) in schema.columns.prefix(schema.counterCount).enumerated()
            where !keeps[MetricCatalog[metric].tier.rawValue] {
                let reading = base.flatMap { base in old.map { base[$0, metric] } } ?? .absent
                blocks[place.block].previous[start + column] = reading.rawValue
            }
            let range =
                blocks[place.block].instanceStarts[place.row]..<blocks[place.block]
                .instanceStarts[place.row + 1]
            let known = base.flatMap { base in old.map { base.instances($0) } } ?? []
            var hint = known.startIndex
            for number in range {
                let instance = blocks[place.block].instances[number]
                let metric = MetricCatalog[instance.metric]
                guard metric.kind == .counter, !keeps[metric.tier.rawValue] else { continue }
                let found =
                    known[hint...].firstIndex { $0.isSame(as: instance) }
                    ?? known[..<hint].firstIndex { $0.isSame(as: instance) }
                blocks[place.block].instances[number].previous =
                    found.map { known[$0].reading } ?? .absent
                hint = found.map { $0 + 1 } ?? hint
            }
        }
        return Snapshot(
            tick: tick, wallTime: wallTime, tierTimes: times, schema: schema, cgroups: cgroups,
            blocks: blocks, host: host, health: health)
    }

    /// The time in nanoseconds of CLOCK_BOOTTIME.
    private var bootTime: UInt64 { tierTimes.map(\.now).max() ?? 0 }

    /// Whether both clocks progressed alike since an earlier snapshot; after a reboot they did not.
    private func isSameBoot(_ earlier: Snapshot) -> Bool {
        guard bootTime > earlier.bootTime, wallTime > earlier.wallTime,
            tierTimes.count == earlier.tierTimes.count
        else { return false }
        let boot = Double(bootTime - earlier.bootTime) / 1e9
        let wall = Double(wallTime - earlier.wallTime) / 1e6
        return (boot - wall).magnitude <= Self.slack + boot / 100
    }

    /// Returns the index of the same cgroup in another snapshot.
    ///
    /// Compares path and inode, because generations begin again with each sampler.
    private func row(of index: Int, in other: Snapshot) -> Int? {
        let entry = cgroups[index]
        guard let row = other.index(of: entry.path), other.cgroups[row].id.inode == entry.id.inode
        else { return nil }
        return row
    }
}

extension InstanceReading {
    fileprivate func isSame(as other: InstanceReading) -> Bool {
        metric == other.metric && key == other.key
    }
}
