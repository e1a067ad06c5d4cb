import CgroupModel

/// The maxima and means of gauges over the samples that a thinned snapshot represents.
///
/// Only gauges without a dimension are summarized. The payload of its record:
///
///     samples  number of columns, columns  maxima  means
///
/// Maxima and means are differences from the snapshot's own values, row by row.
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

    /// Encodes the summary of a snapshot, whose rows it has in the same order.
    func encode(for snapshot: Snapshot) -> [UInt8] {
        var out = RunWriter()
        out.put(samples)
        out.put(UInt64(columns.count))
        var before = 0
        for column in columns {
            out.put(UInt64(column - before))
            before = column
        }
        let width = snapshot.schema.width
        for list in [maxima, means] {
            var place = 0
            for entry in snapshot.cgroups {
                let values = snapshot.blocks[entry.row.block].values
                let start = entry.row.row * width
                for column in columns {
                    out.put(list[place], from: values[start + column])
                    place += 1
                }
            }
        }
        return out.finish()
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
        var lists: [[UInt64]] = []
        for _ in 0..<2 {
            var list: [UInt64] = []
            list.reserveCapacity(snapshot.cgroups.count * columns.count)
            for row in snapshot.cgroups.indices {
                for column in columns {
                    list.append(try input.next(from: values[row * width + column]))
                }
            }
            lists.append(list)
        }
        try input.finish()
        maxima = lists[0]
        means = lists[1]
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
