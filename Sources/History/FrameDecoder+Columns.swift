import CgroupModel

extension FrameDecoder {
    /// Decodes the values; `all` are the columns of the frame, `kept` those to decode.
    mutating func columnBlock(
        _ all: Schema, _ kept: Schema, _ rule: BaselineRule, withInstances: Bool
    ) throws(FrameError) -> RowBlock {
        let names = try input.count(upTo: input.bytes.count)
        var values = try ChangeReader(&input, groups: all.width)
        var baselines = try ChangeReader(&input, groups: all.width)
        var readings = try ChangeReader(&input, groups: legend.rows.count)
        var previous = try ChangeReader(&input, groups: legend.rows.count)
        let start = try input.rest()
        var end = values.begin(at: start + names)
        end = baselines.begin(at: end)
        end = readings.begin(at: end)
        end = previous.begin(at: end)
        guard end <= input.bytes.count else { throw input.error(.truncated) }
        guard end == input.bytes.count else { throw input.error(.trailing) }
        let numbers = kept.columns.compactMap { all.column(of: $0) }
        let decoded = try decodeValues(kept, numbers, &values)
        let previousValues = try decodeBaselines(kept, numbers, decoded, rule, &baselines)
        var block = RowBlock(
            values: decoded, previous: previousValues, instances: [], instanceStarts: [])
        if withInstances {
            try decodeInstances(
                Array(input.bytes[start..<start + names]), &readings, &previous, rule, &block)
        } else {
            block.instanceStarts = [Int](repeating: 0, count: earlierRows.count + 1)
        }
        return block
    }

    /// Decodes the values of the columns of `schema`, which have these numbers in the frame.
    private func decodeValues(
        _ schema: Schema, _ numbers: [Int], _ changes: inout ChangeReader
    ) throws(FrameError) -> [UInt64] {
        let width = schema.width
        let old = earlier?.blocks[0].values ?? []
        let oldBaselines = earlier?.blocks[0].previous ?? []
        var values: [UInt64] = []
        /// The rows of new cgroups, each of which is compared with the row above.
        var fresh: [Int] = []
        if isSameTree {
            values = old
        } else {
            values.reserveCapacity(earlierRows.count * width)
            for (row, base) in earlierRows.enumerated() {
                if let base {
                    values += old[base * width..<(base + 1) * width]
                } else {
                    fresh.append(row)
                    for _ in 0..<width { values.append(Reading.absent.rawValue) }
                }
            }
        }
        var index = 0
        for (column, number) in numbers.enumerated() {
            var done = 0
            /// Copies to each new row before `row` the value of the row above it.
            func fill(before row: Int) {
                while done < fresh.count, fresh[done] < row {
                    let place = fresh[done] * width + column
                    if fresh[done] > 0 { values[place] = values[place - width] }
                    done += 1
                }
            }
            index = changes.index(of: number, from: index)
            if index < changes.groups.count, changes.groups[index].number == number {
                var group = try changes.open(index, size: earlierRows.count)
                let isSecond = group.isSecond && column < schema.counterCount
                for number in group.places.indices {
                    let row = Int(group.places[number])
                    fill(before: row)
                    let place = row * width + column
                    var base = values[place]
                    if done < fresh.count, fresh[done] == row {
                        if row > 0 { base = values[place - width] }
                        done += 1
                    } else if isSecond, let earlierRow = earlierRows[row] {
                        let before = oldBaselines[earlierRow * schema.counterCount + column]
                        base &+= lastChange(base, before)
                    }
                    values[place] = base &+ (try group.next())
                }
                try group.finish()
            }
            fill(before: .max)
        }
        return values
    }

    private func decodeBaselines(
        _ schema: Schema, _ numbers: [Int], _ values: [UInt64], _ rule: BaselineRule,
        _ changes: inout ChangeReader
    ) throws(FrameError) -> [UInt64] {
        let count = schema.counterCount
        var baselines = expectedBaselines(schema, values, rule)
        var index = 0
        for (column, number) in numbers.prefix(count).enumerated() {
            index = changes.index(of: number, from: index)
            guard index < changes.groups.count else { break }
            guard changes.groups[index].number == number else { continue }
            var group = try changes.open(index, size: earlierRows.count)
            for number in group.places.indices {
                baselines[Int(group.places[number]) * count + column] &+= try group.next()
            }
            try group.finish()
        }
        return baselines
    }

    /// The predicted baselines, copied in runs of columns with the same expectation.
    private func expectedBaselines(
        _ schema: Schema, _ values: [UInt64], _ rule: BaselineRule
    ) -> [UInt64] {
        let width = schema.width
        let count = schema.counterCount
        let oldValues = earlier?.blocks[0].values ?? []
        let oldBaselines = earlier?.blocks[0].previous ?? []
        var runs: [(BaselineRule.Expectation, Range<Int>)] = []
        for (column, id) in schema.columns.prefix(count).enumerated() {
            let expectation = rule.expectation(of: id)
            if let last = runs.last, last.0 == expectation {
                runs[runs.count - 1].1 = last.1.lowerBound..<column + 1
            } else {
                runs.append((expectation, column..<column + 1))
            }
        }
        var baselines: [UInt64] = []
        baselines.reserveCapacity(earlierRows.count * count)
        for (row, base) in earlierRows.enumerated() {
            for (expectation, columns) in runs {
                switch (expectation, base) {
                case (.ownValue, _):
                    let start = row * width
                    baselines += values[start + columns.lowerBound..<start + columns.upperBound]
                case (.earlierValue, let base?):
                    let start = base * width
                    baselines += oldValues[start + columns.lowerBound..<start + columns.upperBound]
                case (.earlierBaseline, let base?):
                    let start = base * count
                    baselines +=
                        oldBaselines[start + columns.lowerBound..<start + columns.upperBound]
                default: for _ in columns { baselines.append(Reading.absent.rawValue) }
                }
            }
        }
        return baselines
    }
}

extension ChangeReader {
    /// Returns the index, from `start` on, of the first group whose number is at least `number`.
    func index(of number: Int, from start: Int) -> Int {
        var index = start
        while index < groups.count, groups[index].number < number { index += 1 }
        return index
    }
}
