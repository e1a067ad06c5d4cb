import CgroupModel

/// Gives back to v1's I/O counters what they lose when a cgroup below is removed.
///
/// The `blkio.*_recursive` files sum over the cgroups that are there, so the counters of a living
/// cgroup fall by all that a removed one had moved. Prometheus takes a fall for a restart at 0, and
/// its rate would show everything that is left as moved in an instant. Whatever a counter fell by
/// is added to it from then on: it never falls, and what the living moved within the sample of the
/// removal may be missing.
struct IOLosses {
    private struct Counter: Hashable {
        let metric: MetricID
        let key: InstanceKey
    }

    /// The counters that forget, by their place in the catalog.
    private static let isForgetful = MetricCatalog.all.map { metric in
        metric.kind == .counter && metric.tier == .tick
            && metric.v1?.file.hasSuffix("_recursive") ?? false
    }

    /// What was lost, by living cgroup.
    private var losses: [CgroupID: [Counter: UInt64]] = [:]

    /// Looks at the next sample, and gives it with what was lost so far.
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
