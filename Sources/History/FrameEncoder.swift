import CgroupModel

/// Encodes a snapshot as the difference from an earlier one with the same columns.
///
/// The order is the format, and ``FrameDecoder`` reads in the same order: kind, columns (in a
/// keyframe), times, host, health, tree, values, baselines, instances.
struct FrameEncoder {
    let now: Snapshot
    let earlier: Snapshot?
    let rule: BaselineRule
    var out = RunWriter()
    /// The earlier row of each row; nil for a new cgroup.
    var earlierRows: [Int?] = []

    init(_ now: Snapshot, after earlier: Snapshot?, _ legend: FrameLegend = .own) {
        self.now = now
        self.earlier = earlier
        rule = BaselineRule(now: now.tierTimes, earlier: earlier?.tierTimes, legend)
    }

    mutating func encode() -> [UInt8] {
        out.put(earlier == nil ? FrameCodec.keyframe : FrameCodec.deltaFrame)
        if earlier == nil { putColumns() }
        out.put(now.tick, from: earlier?.tick ?? 0)
        out.put(now.wallTime, from: earlier?.wallTime ?? 0)
        ScalarFields.write(now.tierTimes, from: earlier?.tierTimes ?? [], to: &out)
        ScalarFields.write(now.host, from: earlier?.host ?? HostSample(), to: &out)
        ScalarFields.write(now.health, from: earlier?.health ?? SampleHealth(), to: &out)
        putTree()
        putValues()
        putBaselines()
        putInstances()
        return out.finish()
    }

    private mutating func putColumns() {
        out.put(UInt64(now.schema.width))
        for id in now.schema.columns { out.put(UInt64(id.index)) }
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
}
