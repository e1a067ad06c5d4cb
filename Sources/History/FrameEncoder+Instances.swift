import CgroupModel

extension FrameEncoder {
    /// Writes, for each row, its metrics and keys if they changed, then its readings, then its
    /// baselines.
    mutating func putInstances() {
        for row in now.cgroups.indices {
            let instances = now.instances(row)
            let old = earlierRows[row].flatMap { earlier?.instances($0) }
            let base = old ?? (row > 0 ? now.instances(row - 1) : [])
            putNames(instances, from: base)
            var matcher = InstanceMatcher(in: base)
            for instance in instances {
                let known = matcher.match(instance.metric, instance.key)
                out.put(
                    instance.reading.rawValue,
                    from: known?.reading.rawValue ?? Reading.absent.rawValue)
            }
            matcher = InstanceMatcher(in: old ?? [])
            for instance in instances {
                var before = BaselineRule.Earlier()
                if let known = matcher.match(instance.metric, instance.key) {
                    before.value = known.reading.rawValue
                    before.baseline = known.previous.rawValue
                }
                let expected = rule.baseline(
                    of: instance.metric, own: instance.reading.rawValue, earlier: before)
                out.put(instance.previous.rawValue, from: expected)
            }
        }
    }

    /// Writes 0 if the metrics and keys equal those of `base`, otherwise all of them.
    private mutating func putNames(
        _ instances: ArraySlice<InstanceReading>, from base: ArraySlice<InstanceReading>
    ) {
        if haveSameNames(instances, base) {
            out.put(0)
            return
        }
        out.put(UInt64(instances.count) + 1)
        var metric = 0
        var key: UInt32 = 0
        for instance in instances {
            // Never 0, so that a short run of zeros cannot claim a huge number of instances.
            out.put(1 + zigzag(Int64(instance.metric.index - metric)))
            out.put(UInt64(instance.key.rawValue), from: UInt64(key))
            metric = instance.metric.index
            key = instance.key.rawValue
        }
    }

    private func haveSameNames(
        _ left: ArraySlice<InstanceReading>, _ right: ArraySlice<InstanceReading>
    ) -> Bool {
        guard left.count == right.count else { return false }
        let shift = right.startIndex - left.startIndex
        return left.indices.allSatisfy {
            left[$0].metric == right[$0 + shift].metric && left[$0].key == right[$0 + shift].key
        }
    }
}
