import CgroupModel

/// Decodes what ``FrameEncoder`` wrote, in the same order, and validates everything.
struct FrameDecoder {
    var input: RunReader
    /// The earlier snapshot, normalised; nil for a keyframe.
    let earlier: Snapshot?
    /// The writer's catalog.
    let legend: FrameLegend
    let limits: FrameCodec.Limits
    /// The earlier row of each row; nil for a new cgroup.
    var earlierRows: [Int?] = []
    /// Whether the rows are those of the earlier frame.
    var isSameTree = false

    init(
        _ input: RunReader, after earlier: Snapshot?, _ legend: FrameLegend,
        _ limits: FrameCodec.Limits
    ) {
        self.input = input
        self.earlier = earlier
        self.legend = legend
        self.limits = limits
    }

    mutating func decode() throws(FrameError) -> Snapshot {
        let schema = if let earlier { earlier.schema } else { try columns() }
        let tick = try input.next(from: earlier?.tick ?? 0)
        let wallTime = try input.next(from: earlier?.wallTime ?? 0)
        let times = try ScalarFields.readTimes(from: earlier?.tierTimes ?? [], &input)
        let host = try ScalarFields.readHost(from: earlier?.host ?? HostSample(), &input)
        let health = try ScalarFields.readHealth(from: earlier?.health ?? SampleHealth(), &input)
        let entries = try tree(schema.width)
        let rule = BaselineRule(now: times, earlier: earlier?.tierTimes, legend)
        let values = try values(schema)
        let baselines = try baselines(schema, values, rule)
        let (instances, starts) = try instances(rule)
        try input.finish()
        return Snapshot(
            tick: tick, wallTime: wallTime, tierTimes: times, schema: schema, cgroups: entries,
            blocks: [
                RowBlock(
                    values: values, previous: baselines, instances: instances,
                    instanceStarts: starts)
            ],
            host: host, health: health)
    }

    private mutating func columns() throws(FrameError) -> Schema {
        let last = legend.rows.count - 1
        var columns: [MetricID] = []
        for _ in 0..<(try input.count(upTo: last + 1)) {
            columns.append(MetricID(index: try input.count(upTo: last)))
        }
        let counters = columns.prefix { legend.rows[$0.index].isCounter }
        let rest = columns[counters.endIndex...]
        guard counters.isAscending, rest.isAscending,
            !rest.contains(where: { legend.rows[$0.index].isCounter }),
            !columns.contains(where: { legend.rows[$0.index].hasDimension })
        else { throw input.error(.malformed) }
        return Schema(columns: columns, counterCount: counters.count)
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

extension ArraySlice<MetricID> {
    fileprivate var isAscending: Bool { zip(self, dropFirst()).allSatisfy { $0 < $1 } }
}
