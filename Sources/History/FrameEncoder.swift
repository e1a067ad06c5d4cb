import CgroupModel

/// Encodes a snapshot as the difference from an earlier one with the same columns.
///
/// The order is the format, and ``FrameDecoder`` reads in the same order: kind, columns (in a
/// keyframe), times, host, health, tree, the length of the names of instances, and the lengths of
/// the columns with changes. These columns follow: values, baselines, values of instances, and
/// baselines of instances.
struct FrameEncoder {
    let now: Snapshot
    let earlier: Snapshot?
    let rule: BaselineRule
    /// The number of metrics in the catalog.
    let groupCount: Int
    var out = RunWriter()
    /// The earlier row of each row; nil for a new cgroup.
    var earlierRows: [Int?] = []

    init(_ now: Snapshot, after earlier: Snapshot?, _ legend: FrameLegend = .own) {
        self.now = now
        self.earlier = earlier
        groupCount = legend.rows.count
        rule = BaselineRule(now: now.tierTimes, earlier: earlier?.tierTimes, legend)
    }

    mutating func encode() -> [UInt8] {
        putHead(earlier == nil ? FrameCodec.Kind.keyframe : FrameCodec.Kind.delta)
        let names = encodeNames()
        out.put(UInt64(names.count))
        var body = names
        let rows = now.cgroups.count
        changedValues().encode(groups: now.schema.width, &out, &body) { _ in rows }
        changedBaselines().encode(groups: now.schema.width, &out, &body) { _ in rows }
        putInstances(&body)
        return out.finish() + body
    }

    /// Writes all except the values.
    mutating func putHead(_ kind: UInt64) {
        out.put(kind)
        if earlier == nil { putColumns() }
        out.put(now.tick, from: earlier?.tick ?? 0)
        out.put(now.wallTime, from: earlier?.wallTime ?? 0)
        ScalarFields.write(now.tierTimes, from: earlier?.tierTimes ?? [], to: &out)
        ScalarFields.write(now.host, from: earlier?.host ?? HostSample(), to: &out)
        ScalarFields.write(now.health, from: earlier?.health ?? SampleHealth(), to: &out)
        putTree()
    }

    private mutating func putColumns() {
        out.put(UInt64(now.schema.width))
        for id in now.schema.columns { out.put(UInt64(id.index)) }
    }

    private func changedValues() -> ChangeWriter {
        var changes = ChangeWriter()
        let width = now.schema.width
        let none = [UInt64](repeating: Reading.absent.rawValue, count: width)
        for row in now.cgroups.indices {
            let place = now.cgroups[row].row
            let values = now.blocks[place.block].values
            let start = place.row * width
            guard let earlier, let old = earlierRows[row] else {
                // Compare with the row above.
                let above = row > 0 ? now.cgroups[row - 1].row : nil
                let base = above.map { now.blocks[$0.block].values } ?? none
                let baseStart = (above?.row ?? 0) * width
                for column in 0..<width where values[start + column] != base[baseStart + column] {
                    let delta = values[start + column] &- base[baseStart + column]
                    changes.add(
                        Change(
                            group: Int32(column), place: Int32(row), delta: delta, second: delta))
                }
                continue
            }
            let base = earlier.cgroups[old].row
            let block = earlier.blocks[base.block]
            let baseStart = base.row * width
            for column in 0..<width
            where values[start + column] != block.values[baseStart + column] {
                let before = block.values[baseStart + column]
                let delta = values[start + column] &- before
                let count = now.schema.counterCount
                let last =
                    column < count
                    ? lastChange(before, block.previous[base.row * count + column]) : 0
                changes.add(
                    Change(
                        group: Int32(column), place: Int32(row), delta: delta,
                        second: delta &- last))
            }
        }
        return changes
    }

    private func changedBaselines() -> ChangeWriter {
        var changes = ChangeWriter()
        let width = now.schema.width
        let count = now.schema.counterCount
        let columns = now.schema.columns.prefix(count).map { rule.expectation(of: $0) }
        for row in now.cgroups.indices {
            let place = now.cgroups[row].row
            let block = now.blocks[place.block]
            let old = earlierRows[row].flatMap { old in earlier.map { ($0, $0.cgroups[old].row) } }
            let oldBlock = old.map { $0.blocks[$1.block] }
            let oldRow = old?.1.row ?? 0
            var before = BaselineRule.Earlier()
            for column in 0..<count {
                if let oldBlock {
                    before.value = oldBlock.values[oldRow * width + column]
                    before.baseline = oldBlock.previous[oldRow * count + column]
                }
                let own = block.previous[place.row * count + column]
                let expected = columns[column].baseline(
                    own: block.values[place.row * width + column], earlier: before)
                if own != expected {
                    changes.add(
                        Change(
                            group: Int32(column), place: Int32(row), delta: own &- expected,
                            second: own &- expected))
                }
            }
        }
        return changes
    }
}

/// How much a counter changed between its last two reads; 0 if that is unknown.
func lastChange(_ value: UInt64, _ baseline: UInt64) -> UInt64 {
    let isKnown = Reading(rawValue: value).value != nil && Reading(rawValue: baseline).value != nil
    return isKnown ? value &- baseline : 0
}
