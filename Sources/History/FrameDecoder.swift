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

    /// Decodes the frame; a selection remembers all columns of the last keyframe.
    mutating func decode(_ selection: inout ColumnSelection?) throws(FrameError) -> Snapshot {
        let all =
            if let earlier { selection?.columns ?? earlier.schema } else { try columns() }
        if earlier == nil { selection?.columns = all }
        let schema = earlier?.schema ?? selection?.kept(of: all) ?? all
        let tick = try input.next(from: earlier?.tick ?? 0)
        let wallTime = try input.next(from: earlier?.wallTime ?? 0)
        let times = try ScalarFields.readTimes(from: earlier?.tierTimes ?? [], &input)
        let host = try ScalarFields.readHost(from: earlier?.host ?? HostSample(), &input)
        let health = try ScalarFields.readHealth(from: earlier?.health ?? SampleHealth(), &input)
        let entries = try tree(all.width)
        let rule = BaselineRule(now: times, earlier: earlier?.tierTimes, legend)
        let block = try columnBlock(
            all, schema, rule, withInstances: selection?.hasInstances ?? true)
        return Snapshot(
            tick: tick, wallTime: wallTime, tierTimes: times, schema: schema, cgroups: entries,
            blocks: [block], host: host, health: health)
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
}

extension ArraySlice<MetricID> {
    fileprivate var isAscending: Bool { zip(self, dropFirst()).allSatisfy { $0 < $1 } }
}
