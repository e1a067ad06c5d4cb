package import CgroupModel

extension Snapshot {
    /// The snapshot as if the sampler's previous sample had been `earlier`.
    ///
    /// Its rates cover the time since `earlier`. A cgroup that was not there has no rates. The
    /// result is normalised; it is unchanged if `earlier` has other columns or is of another boot.
    package func rebased(on earlier: Snapshot) -> Snapshot {
        guard schema == earlier.schema, tierTimes.count == earlier.tierTimes.count,
            zip(tierTimes, earlier.tierTimes).allSatisfy({ $0.now >= $1.now })
        else { return normalised }
        let times = zip(tierTimes, earlier.tierTimes).map { now, before in
            TierTimes(now: now.now, before: now.now == before.now ? before.before : before.now)
        }
        let base = earlier.normalised
        let own = normalised
        let rule = BaselineRule(now: times, earlier: base.tierTimes, .own)
        var block = own.blocks[0]
        var rows: [CgroupID: Int]?
        let width = schema.width
        let count = schema.counterCount
        for (row, entry) in own.cgroups.enumerated() {
            var old: Int? = row
            if row >= base.cgroups.count || base.cgroups[row].id != entry.id {
                let known =
                    rows
                    ?? Dictionary(
                        base.cgroups.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { $1 })
                rows = known
                old = known[entry.id]
            }
            for column in 0..<count {
                var before = BaselineRule.Earlier()
                if let old {
                    before.value = base.blocks[0].values[old * width + column]
                    before.baseline = base.blocks[0].previous[old * count + column]
                }
                block.previous[row * count + column] = rule.baseline(
                    of: schema.columns[column], own: block.values[row * width + column],
                    earlier: before)
            }
            var matcher = InstanceMatcher(in: old.map { base.instances($0) } ?? [])
            for place in block.instanceStarts[row]..<block.instanceStarts[row + 1] {
                let instance = block.instances[place]
                var before = BaselineRule.Earlier()
                if let known = matcher.match(instance.metric, instance.key) {
                    before.value = known.reading.rawValue
                    before.baseline = known.previous.rawValue
                }
                block.instances[place].previous = Reading(
                    rawValue: rule.baseline(
                        of: instance.metric, own: instance.reading.rawValue, earlier: before))
            }
        }
        return Snapshot(
            tick: tick, wallTime: wallTime, tierTimes: times, schema: schema,
            cgroups: own.cgroups, blocks: [block], host: host.rebased(on: base.host),
            health: health)
    }
}

extension HostSample {
    /// The sample as if the one before had been `earlier`.
    fileprivate func rebased(on earlier: HostSample) -> HostSample {
        var result = self
        result.previousCPUBusy = earlier.cpuBusy
        result.previousCPUTotal = earlier.cpuTotal
        for place in disks.indices {
            let known =
                place < earlier.disks.count && earlier.disks[place].device == disks[place].device
                ? earlier.disks[place] : earlier.disks.first { $0.device == disks[place].device }
            result.disks[place].previousBusy = known?.busy ?? .absent
        }
        return result
    }
}
