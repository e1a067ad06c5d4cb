import CgroupModel

extension FrameDecoder {
    /// Decodes the instance values of all rows, and the index at which each row begins.
    mutating func instances(
        _ rule: BaselineRule
    ) throws(FrameError) -> ([InstanceReading], [Int]) {
        var all: [InstanceReading] = []
        all.reserveCapacity(earlier?.blocks[0].instances.count ?? 0)
        var starts = [0]
        starts.reserveCapacity(earlierRows.count + 1)
        var above: ArraySlice<InstanceReading> = []
        for earlierRow in earlierRows {
            let old = earlierRow.flatMap { earlier?.instances($0) }
            let row = try instances(old: old, base: old ?? above, rule)
            guard all.count + row.count <= FrameCodec.instanceLimit else {
                throw input.error(.tooLarge)
            }
            all.append(contentsOf: row)
            starts.append(all.count)
            above = row
        }
        return (all, starts)
    }

    private mutating func instances(
        old: ArraySlice<InstanceReading>?, base: ArraySlice<InstanceReading>, _ rule: BaselineRule
    ) throws(FrameError) -> ArraySlice<InstanceReading> {
        var row = try names(base)
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

    /// Decodes the metrics and keys of a row; the caller must replace the readings.
    private mutating func names(
        _ base: ArraySlice<InstanceReading>
    ) throws(FrameError) -> ArraySlice<InstanceReading> {
        let token = try input.next()
        guard token > 0 else { return base }
        var row: ArraySlice<InstanceReading> = []
        var metric: Int64 = 0
        var key: UInt64 = 0
        for _ in 1..<token {
            let code = try input.next()
            guard code > 0 else { throw input.error(.malformed) }
            let (index, overflow) = metric.addingReportingOverflow(unzigzag(code - 1))
            key = try input.next(from: key)
            guard !overflow, index >= 0, index < Int64(legend.rows.count),
                key <= UInt64(UInt32.max)
            else { throw input.error(.malformed) }
            metric = index
            row.append(
                InstanceReading(
                    metric: MetricID(index: Int(index)),
                    key: InstanceKey(rawValue: UInt32(key)), reading: .absent))
        }
        return row
    }
}
