extension Snapshot {
    /// The rate of a counter, in its unit per second.
    ///
    /// Nil without two readings of the same cgroup, and after a reset (the counter decreased).
    package func rate(_ index: Int, _ metric: MetricID) -> Double? {
        growth(from: previous(index, metric), to: self[index, metric], metric)
    }

    /// The rate of one instance of a counter, in its unit per second; nil in the same cases.
    package func rate(_ instance: InstanceReading) -> Double? {
        growth(from: instance.previous, to: instance.reading, instance.metric)
    }

    /// The reading of a metric; for a metric with a dimension, the sum of its instances.
    ///
    /// If no instance has a number, the result is the reason.
    package func total(_ index: Int, _ metric: MetricID) -> Reading {
        guard MetricCatalog[metric].dimension != nil else { return self[index, metric] }
        var sum: UInt64?
        var reason = Reading.absent
        for instance in instances(index) where instance.metric == metric {
            if let value = instance.reading.value {
                sum = (sum ?? 0) &+ value
            } else {
                reason = instance.reading
            }
        }
        return sum.map { Reading($0) } ?? reason
    }

    /// The sum of the rates of all instances; nil if none has a rate.
    package func summedRate(_ index: Int, _ metric: MetricID) -> Double? {
        var sum: Double?
        for instance in instances(index) where instance.metric == metric {
            if let rate = rate(instance) { sum = (sum ?? 0) + rate }
        }
        return sum
    }

    /// The rate of a counter; of one with a dimension, the sum of its instances' rates.
    package func totalRate(_ index: Int, _ metric: MetricID) -> Double? {
        MetricCatalog[metric].dimension == nil
            ? rate(index, metric) : summedRate(index, metric)
    }

    private func growth(from old: Reading, to new: Reading, _ metric: MetricID) -> Double? {
        guard let growth = new.growth(from: old),
            let seconds = tierTimes[MetricCatalog[metric].tier.rawValue].seconds
        else { return nil }
        return Double(growth) / seconds
    }

    /// The number of CPUs in use: 1.5 is one and a half CPUs.
    package func cpusUsed(_ index: Int) -> Double? { rate(index, .cpuUsage).map { $0 / 1e6 } }

    /// The share of quota periods in which the cgroup was throttled, 0 to 1; nil without periods.
    package func throttledRatio(_ index: Int) -> Double? {
        guard let periods = rate(index, .cpuPeriods), periods > 0,
            let throttled = rate(index, .cpuThrottledPeriods)
        else { return nil }
        return min(throttled / periods, 1)
    }

    /// The lowest value of a limit on a cgroup and its visible ancestors, and the cgroup that sets
    /// it.
    ///
    /// Unlimited if no level sets it; absent if no level has the file. If a level cannot be read,
    /// the lowest value is unknown and the result is that level's reason.
    package func effectiveLimit(
        _ index: Int, _ metric: MetricID
    ) -> (reading: Reading, from: Int?) {
        var best = Reading.absent
        var owner: Int?
        var place: Int? = index
        while let here = place {
            let own = self[here, metric]
            guard own.isKnown || own == .absent else { return (own, here) }
            if let value = own.value, value < best.value ?? .max {
                best = own
                owner = here
            } else if own == .unlimited, best == .absent {
                best = .unlimited
            }
            place = cgroups[here].parent
        }
        return (best, owner)
    }

    /// The effective hard memory limit.
    ///
    /// It is the lowest visible limit, or the one that v1 reports if that is lower: v1 also counts
    /// ancestors outside a container's view.
    package func effectiveMemoryMax(_ index: Int) -> Reading {
        let visible = effectiveLimit(index, .memoryMax).reading
        let reported = self[index, .memoryMaxEffective]
        guard reported.isKnown else { return visible }
        return (reported.value ?? .max) < (visible.value ?? .max) ? reported : visible
    }

    /// The CPUs allowed by the quota of the cgroup or an ancestor, and the cgroup that sets it.
    ///
    /// Nil if no level sets a quota.
    package func effectiveCPUQuota(_ index: Int) -> (cpus: Double, from: Int)? {
        var best: (cpus: Double, from: Int)?
        var place: Int? = index
        while let here = place {
            if let quota = self[here, .cpuMax].value, let period = self[here, .cpuMaxPeriod].value,
                period > 0
            {
                let cpus = Double(quota) / Double(period)
                if cpus < best?.cpus ?? .infinity { best = (cpus, here) }
            }
            place = cgroups[here].parent
        }
        return best
    }
}
