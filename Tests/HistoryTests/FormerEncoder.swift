import CgroupModel

@testable import History

/// The encoder of format 1, in which values are in the order of the rows.
extension FrameEncoder {
    static func encodeByRow(_ snapshot: Snapshot, after earlier: Snapshot?) -> [UInt8] {
        let base = earlier.flatMap { $0.schema == snapshot.schema ? $0 : nil }
        var encoder = FrameEncoder(snapshot, after: base)
        encoder.putHead(
            base == nil ? FrameCodec.Kind.formerKeyframe : FrameCodec.Kind.formerDelta)
        encoder.putValues()
        encoder.putBaselines()
        encoder.putRowInstances()
        return encoder.out.finish()
    }

    private mutating func putValues() {
        let width = now.schema.width
        let none = [UInt64](repeating: Reading.absent.rawValue, count: width)
        for row in now.cgroups.indices {
            let place = now.cgroups[row].row
            let values = now.blocks[place.block].values
            if let earlier, let old = earlierRows[row] {
                let base = earlier.cgroups[old].row
                putRow(
                    values, place.row * width, from: earlier.blocks[base.block].values,
                    base.row * width, width)
            } else if row > 0 {
                let base = now.cgroups[row - 1].row
                putRow(
                    values, place.row * width, from: now.blocks[base.block].values,
                    base.row * width, width)
            } else {
                putRow(values, place.row * width, from: none, 0, width)
            }
        }
    }

    private mutating func putRow(
        _ values: [UInt64], _ start: Int, from base: [UInt64], _ baseStart: Int, _ width: Int
    ) {
        for column in 0..<width { out.put(values[start + column], from: base[baseStart + column]) }
    }

    private mutating func putBaselines() {
        let width = now.schema.width
        let count = now.schema.counterCount
        let columns = now.schema.columns.prefix(count).map { rule.expectation(of: $0) }
        for row in now.cgroups.indices {
            let place = now.cgroups[row].row
            let values = now.blocks[place.block].values
            let baselines = now.blocks[place.block].previous
            let old = earlierRows[row].flatMap { old in earlier.map { ($0, $0.cgroups[old].row) } }
            let oldValues = old.map { $0.blocks[$1.block].values } ?? []
            let oldBaselines = old.map { $0.blocks[$1.block].previous } ?? []
            let oldRow = old?.1.row ?? 0
            var before = BaselineRule.Earlier()
            for column in 0..<count {
                if old != nil {
                    before.value = oldValues[oldRow * width + column]
                    before.baseline = oldBaselines[oldRow * count + column]
                }
                let expected = columns[column].baseline(
                    own: values[place.row * width + column], earlier: before)
                out.put(baselines[place.row * count + column], from: expected)
            }
        }
    }

    /// Writes, for each row, its metrics and keys if they changed, then its readings, then its
    /// baselines.
    private mutating func putRowInstances() {
        for row in now.cgroups.indices {
            let instances = now.instances(row)
            let old = earlierRows[row].flatMap { earlier?.instances($0) }
            let base = old ?? (row > 0 ? now.instances(row - 1) : [])
            putRowNames(instances, from: base)
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
    private mutating func putRowNames(
        _ instances: ArraySlice<InstanceReading>, from base: ArraySlice<InstanceReading>
    ) {
        if haveSameRowNames(instances, base) {
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

    private func haveSameRowNames(
        _ left: ArraySlice<InstanceReading>, _ right: ArraySlice<InstanceReading>
    ) -> Bool {
        guard left.count == right.count else { return false }
        let shift = right.startIndex - left.startIndex
        return left.indices.allSatisfy {
            left[$0].metric == right[$0 + shift].metric && left[$0].key == right[$0 + shift].key
        }
    }
}
