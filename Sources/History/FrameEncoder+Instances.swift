import CgroupModel

extension FrameEncoder {
    /// Encodes the metrics and keys of each row, or a 0 if they equal those of its base.
    func encodeNames() -> [UInt8] {
        var names = RunWriter()
        for row in now.cgroups.indices {
            putNames(now.instances(row), from: baseOfInstances(row), &names)
        }
        return names.finish()
    }

    /// Writes the readings, then the baselines, grouped by metric.
    mutating func putInstances(_ body: inout [UInt8]) {
        var readings = ChangeWriter()
        var baselines = ChangeWriter()
        /// The number of instances of each metric so far.
        var counts = [Int](repeating: 0, count: groupCount)
        for row in now.cgroups.indices {
            let base = baseOfInstances(row)
            let isContinued = earlierRows[row] != nil
            var matcher = InstanceMatcher(in: base)
            for instance in now.instances(row) {
                let group = instance.metric.index
                let known = matcher.match(instance.metric, instance.key)
                var before = BaselineRule.Earlier()
                if isContinued, let known {
                    before.value = known.reading.rawValue
                    before.baseline = known.previous.rawValue
                }
                let own = instance.reading.rawValue
                let from = known?.reading.rawValue ?? Reading.absent.rawValue
                if own != from {
                    let last = isContinued ? lastChange(before.value, before.baseline) : 0
                    readings.add(
                        Change(
                            group: Int32(group), place: Int32(counts[group]), delta: own &- from,
                            second: own &- from &- last))
                }
                let expected = rule.baseline(of: instance.metric, own: own, earlier: before)
                if instance.previous.rawValue != expected {
                    let delta = instance.previous.rawValue &- expected
                    baselines.add(
                        Change(
                            group: Int32(group), place: Int32(counts[group]), delta: delta,
                            second: delta))
                }
                counts[group] += 1
            }
        }
        readings.encode(groups: groupCount, &out, &body) { counts[$0] }
        baselines.encode(groups: groupCount, &out, &body) { counts[$0] }
    }

    private func baseOfInstances(_ row: Int) -> ArraySlice<InstanceReading> {
        if let old = earlierRows[row], let earlier { return earlier.instances(old) }
        return row > 0 ? now.instances(row - 1) : []
    }

    /// Writes 0 if the metrics and keys equal those of `base`, otherwise all of them.
    private func putNames(
        _ instances: ArraySlice<InstanceReading>, from base: ArraySlice<InstanceReading>,
        _ out: inout RunWriter
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
