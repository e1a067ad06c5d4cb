import CgroupModel

/// The values of format 1, row by row.
extension FrameDecoder {
    mutating func rowBlock(_ schema: Schema, _ rule: BaselineRule) throws(FrameError) -> RowBlock {
        let values = try values(schema)
        let baselines = try baselines(schema, values, rule)
        let (instances, starts) = try instances(rule)
        try input.finish()
        return RowBlock(
            values: values, previous: baselines, instances: instances, instanceStarts: starts)
    }

    private mutating func values(_ schema: Schema) throws(FrameError) -> [UInt64] {
        let width = schema.width
        let old = earlier?.blocks[0].values ?? []
        var values: [UInt64] = []
        values.reserveCapacity(earlierRows.count * width)
        if isSameTree {
            try continueValues(old, 0..<old.count, &values)
            return values
        }
        for (row, earlierRow) in earlierRows.enumerated() {
            guard let earlierRow else {
                for _ in 0..<width {
                    let above = row > 0 ? values[values.count - width] : Reading.absent.rawValue
                    values.append(try input.next(from: above))
                }
                continue
            }
            try continueValues(old, earlierRow * width..<(earlierRow + 1) * width, &values)
        }
        return values
    }

    /// Decodes values that are predicted to be those of some places of the earlier frame.
    private mutating func continueValues(
        _ old: [UInt64], _ places: Range<Int>, _ values: inout [UInt64]
    ) throws(FrameError) {
        var place = places.lowerBound
        while place < places.upperBound {
            let same = input.skipZeros(upTo: places.upperBound - place)
            if same > 0 {
                values.append(contentsOf: old[place..<place + same])
                place += same
            } else {
                values.append(try input.next(from: old[place]))
                place += 1
            }
        }
    }

    private mutating func baselines(
        _ schema: Schema, _ values: [UInt64], _ rule: BaselineRule
    ) throws(FrameError) -> [UInt64] {
        let width = schema.width
        let count = schema.counterCount
        let columns = schema.columns.prefix(count).map { rule.expectation(of: $0) }
        let oldValues = earlier?.blocks[0].values ?? []
        let oldBaselines = earlier?.blocks[0].previous ?? []
        var baselines: [UInt64] = []
        baselines.reserveCapacity(earlierRows.count * count)
        for (row, earlierRow) in earlierRows.enumerated() {
            var before = BaselineRule.Earlier()
            for column in 0..<count {
                if let earlierRow {
                    before.value = oldValues[earlierRow * width + column]
                    before.baseline = oldBaselines[earlierRow * count + column]
                }
                let expected = columns[column].baseline(
                    own: values[row * width + column], earlier: before)
                baselines.append(try input.next(from: expected))
            }
        }
        return baselines
    }
}
