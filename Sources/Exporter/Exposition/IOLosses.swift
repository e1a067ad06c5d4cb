import CgroupModel

/// Restores to v1's I/O counters the amounts that they lose when a descendant is removed.
///
/// The `blkio.*_recursive` files sum over existing cgroups, so a living cgroup's counters drop by
/// the total of each removed descendant. Prometheus takes a drop for a reset to 0, and its rate
/// would show the remainder as one instant burst. This type adds every drop to the counter from
/// then on, so the counter never falls. I/O that other cgroups do between the samples before and
/// after a removal can be missing.
struct IOLosses {
    private struct Counter: Hashable {
        let metric: MetricID
        let key: InstanceKey
    }

    /// Whether each catalog row is a counter with such drops, by catalog position.
    private static let isForgetful = MetricCatalog.all.map { metric in
        metric.kind == .counter && metric.tier == .tick
            && metric.v1?.file.hasSuffix("_recursive") ?? false
    }

    /// The amounts lost so far, by living cgroup.
    private var losses: [CgroupID: [Counter: UInt64]] = [:]

    /// Records the drops of the next sample and returns it with all amounts restored.
    mutating func carried(_ snapshot: Snapshot) -> Snapshot {
        let before = losses
        note(snapshot)
        guard !losses.isEmpty else { return snapshot }
        var blocks = snapshot.blocks
        var living: [CgroupID: [Counter: UInt64]] = [:]
        for cgroup in snapshot.cgroups {
            guard let lost = losses[cgroup.id] else { continue }
            living[cgroup.id] = lost
            let starts = blocks[cgroup.row.block].instanceStarts
            for place in starts[cgroup.row.row]..<starts[cgroup.row.row + 1] {
                let instance = blocks[cgroup.row.block].instances[place]
                let counter = Counter(metric: instance.metric, key: instance.key)
                guard let amount = lost[counter] else { continue }
                blocks[cgroup.row.block].instances[place].reading = instance.reading.adding(amount)
                blocks[cgroup.row.block].instances[place].previous = instance.previous.adding(
                    before[cgroup.id]?[counter] ?? 0)
            }
        }
        losses = living
        return Snapshot(
            tick: snapshot.tick, wallTime: snapshot.wallTime, tierTimes: snapshot.tierTimes,
            schema: snapshot.schema, cgroups: snapshot.cgroups, blocks: blocks,
            host: snapshot.host, health: snapshot.health)
    }

    private mutating func note(_ snapshot: Snapshot) {
        for (index, cgroup) in snapshot.cgroups.enumerated() {
            for instance in snapshot.instances(index) where Self.isForgetful[instance.metric.index]
            {
                guard let now = instance.reading.value, let before = instance.previous.value,
                    now < before
                else { continue }
                let counter = Counter(metric: instance.metric, key: instance.key)
                losses[cgroup.id, default: [:]][counter, default: 0] += before - now
            }
        }
    }
}

extension Reading {
    fileprivate func adding(_ amount: UInt64) -> Reading {
        value.map { Reading($0 + amount) } ?? self
    }
}
