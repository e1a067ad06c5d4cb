import CgroupModel

/// The instances of format 1, row by row.
extension FrameDecoder {
    /// Decodes the instance values of all rows, and the index at which each row begins.
    mutating func instances(
        _ rule: BaselineRule
    ) throws(FrameError) -> ([InstanceReading], [Int]) {
        var all: [InstanceReading] = []
        all.reserveCapacity(earlier?.blocks[0].instances.count ?? 0)
        var starts = [0]
        starts.reserveCapacity(earlierRows.count + 1)
        var above = 0..<0
        for earlierRow in earlierRows {
            let start = all.count
            let old = earlierRow.flatMap { earlier?.instances($0) }
            if let old, try input.skipZeros(exactly: 1) {
                all.append(contentsOf: old)
                try continueInstances(from: old, &all, rule)
            } else {
                all += try instances(old: old, base: old ?? all[above], rule)
            }
            guard all.count <= limits.instances else { throw input.error(.tooLarge) }
            starts.append(all.count)
            above = start..<all.count
        }
        return (all, starts)
    }

    /// Decodes a row with the metrics and keys of the earlier one, which is at the end of `all`.
    private mutating func continueInstances(
        from old: ArraySlice<InstanceReading>, _ all: inout [InstanceReading], _ rule: BaselineRule
    ) throws(FrameError) {
        let shift = all.count - old.endIndex
        for place in old.indices {
            all[place + shift].reading = Reading(
                rawValue: try input.next(from: old[place].reading.rawValue))
        }
        for place in old.indices {
            let expected = rule.baseline(
                of: old[place].metric, own: all[place + shift].reading.rawValue,
                earlier: BaselineRule.Earlier(
                    value: old[place].reading.rawValue, baseline: old[place].previous.rawValue))
            all[place + shift].previous = Reading(rawValue: try input.next(from: expected))
        }
    }

    private mutating func instances(
        old: ArraySlice<InstanceReading>?, base: ArraySlice<InstanceReading>, _ rule: BaselineRule
    ) throws(FrameError) -> ArraySlice<InstanceReading> {
        var row = try input.instanceNames(base, legend, limits)
        var matcher = InstanceMatcher(in: base)
        for place in row.indices {
            let known = matcher.match(row[place].metric, row[place].key)
            let expected = known?.reading ?? .absent
            row[place].reading = Reading(rawValue: try input.next(from: expected.rawValue))
        }
        matcher = InstanceMatcher(in: old ?? [])
        for place in row.indices {
            var before = BaselineRule.Earlier()
            if let known = matcher.match(row[place].metric, row[place].key) {
                before.value = known.reading.rawValue
                before.baseline = known.previous.rawValue
            }
            let expected = rule.baseline(
                of: row[place].metric, own: row[place].reading.rawValue, earlier: before)
            row[place].previous = Reading(rawValue: try input.next(from: expected))
        }
        return row
    }
}

extension RunReader {
    /// Decodes the metrics and keys of a row; the caller must replace the readings.
    mutating func instanceNames(
        _ base: ArraySlice<InstanceReading>, _ legend: FrameLegend, _ limits: FrameCodec.Limits
    ) throws(FrameError) -> ArraySlice<InstanceReading> {
        let token = try next()
        guard token > 0 else { return base }
        guard token - 1 <= UInt64(limits.instances) else { throw error(.tooLarge) }
        var row: ArraySlice<InstanceReading> = []
        var metric: Int64 = 0
        var key: UInt64 = 0
        for _ in 1..<token {
            let code = try next()
            guard code > 0 else { throw error(.malformed) }
            let (index, overflow) = metric.addingReportingOverflow(unzigzag(code - 1))
            key = try next(from: key)
            guard !overflow, index >= 0, index < Int64(legend.rows.count),
                key <= UInt64(UInt32.max)
            else { throw error(.malformed) }
            metric = index
            row.append(
                InstanceReading(
                    metric: MetricID(index: Int(index)),
                    key: InstanceKey(rawValue: UInt32(key)), reading: .absent))
        }
        return row
    }
}
