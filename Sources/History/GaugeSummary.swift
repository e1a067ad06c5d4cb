import CgroupModel

/// The maxima and means of gauges over the samples that a thinned snapshot represents.
///
/// Only gauges without a dimension are summarized. The payload of its record:
///
///     samples  number of columns, columns  lengths of the groups  maxima  means
///
/// Maxima and means are differences from the snapshot's own values, column by column.
package struct GaugeSummary: Sendable, Hashable {
    /// The number of samples, including the snapshot itself.
    package let samples: UInt64
    /// The columns of the snapshot's schema that are summarized, ascending.
    let columns: [Int]
    /// The highest raw reading of each row and column.
    let maxima: [UInt64]
    /// The mean of each row and column.
    let means: [UInt64]

    /// The columns of a schema that are summarized.
    static func columns(of schema: Schema) -> [Int] {
        schema.columns.indices.filter { column in
            let metric = MetricCatalog[schema.columns[column]]
            // The order of signed numbers is not that of their encoding.
            return metric.kind == .gauge && metric.unit != .signed
        }
    }

    /// Encodes the summary of a snapshot; both have the same rows in the same order.
    func encode(for snapshot: Snapshot) -> [UInt8] {
        var out = RunWriter()
        out.put(samples)
        out.put(UInt64(columns.count))
        var before = 0
        for column in columns {
            out.put(UInt64(column - before))
            before = column
        }
        var body: [UInt8] = []
        let width = snapshot.schema.width
        for list in [maxima, means] {
            var changes = ChangeWriter()
            var place = 0
            for (row, entry) in snapshot.cgroups.enumerated() {
                let values = snapshot.blocks[entry.row.block].values
                let start = entry.row.row * width
                for (group, column) in columns.enumerated() {
                    let delta = list[place] &- values[start + column]
                    if delta != 0 {
                        changes.add(
                            Change(
                                group: Int32(group), place: Int32(row), delta: delta,
                                second: delta))
                    }
                    place += 1
                }
            }
            changes.encode(groups: columns.count, &out, &body) { _ in snapshot.cgroups.count }
        }
        return out.finish() + body
    }

    /// Decodes the summary of a normalised snapshot.
    init(decoding payload: [UInt8], for snapshot: Snapshot) throws(FrameError) {
        var input = RunReader(payload)
        samples = try input.next()
        let width = snapshot.schema.width
        var columns: [Int] = []
        for _ in 0..<(try input.count(upTo: width)) {
            let column = try input.count(upTo: width) + (columns.last ?? 0)
            guard column < width, columns.last.map({ column > $0 }) ?? true else {
                throw input.error(.malformed)
            }
            columns.append(column)
        }
        self.columns = columns
        let values = snapshot.blocks[0].values
        let own = snapshot.cgroups.indices.flatMap { row in
            columns.map { values[row * width + $0] }
        }
        let lists = try Self.lists(&input, own, columns.count)
        maxima = lists[0]
        means = lists[1]
    }

    private static func lists(
        _ input: inout RunReader, _ own: [UInt64], _ width: Int
    ) throws(FrameError) -> [[UInt64]] {
        var readers: [ChangeReader] = []
        for _ in 0..<2 { readers.append(try ChangeReader(&input, groups: width)) }
        var end = try input.rest()
        for index in readers.indices { end = readers[index].begin(at: end) }
        guard end == input.bytes.count else { throw input.error(.malformed) }
        var lists: [[UInt64]] = []
        for var reader in readers {
            var list = own
            for index in reader.groups.indices {
                var group = try reader.open(index, size: own.count / max(width, 1))
                let column = reader.groups[index].number
                for number in group.places.indices {
                    list[Int(group.places[number]) * width + column] &+= try group.next()
                }
                try group.finish()
            }
            lists.append(list)
        }
        return lists
    }

    init(samples: UInt64, columns: [Int], maxima: [UInt64], means: [UInt64]) {
        self.samples = samples
        self.columns = columns
        self.maxima = maxima
        self.means = means
    }

    /// The normalised snapshot with the maxima in place of its gauges.
    func peaks(of snapshot: Snapshot) -> Snapshot { replaced(in: snapshot, by: maxima) }

    /// The normalised snapshot with the means in place of its gauges.
    func means(of snapshot: Snapshot) -> Snapshot { replaced(in: snapshot, by: means) }

    private func replaced(in snapshot: Snapshot, by list: [UInt64]) -> Snapshot {
        var block = snapshot.blocks[0]
        let width = snapshot.schema.width
        var place = 0
        for row in snapshot.cgroups.indices {
            for column in columns {
                block.values[row * width + column] = list[place]
                place += 1
            }
        }
        return Snapshot(
            tick: snapshot.tick, wallTime: snapshot.wallTime, tierTimes: snapshot.tierTimes,
            schema: snapshot.schema, cgroups: snapshot.cgroups, blocks: [block],
            host: snapshot.host, health: snapshot.health)
    }
}
