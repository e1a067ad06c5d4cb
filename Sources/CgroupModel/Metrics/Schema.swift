/// The columns of a snapshot: its metrics without a dimension, counters first.
///
/// Counters come first, so that only they need space for their previous values.
package struct Schema: Hashable, Sendable {
    /// The metric of each column.
    package let columns: [MetricID]
    /// The number of counters, which are the first columns.
    package let counterCount: Int
    private let columnOf: [Int16]

    /// Assigns columns to `metrics`, ignoring those with a dimension.
    package init(_ metrics: some Sequence<MetricID>) {
        let plain = Set(metrics).filter { MetricCatalog[$0].dimension == nil }.sorted()
        let counters = plain.filter { MetricCatalog[$0].kind == .counter }
        self.init(
            columns: counters + plain.filter { MetricCatalog[$0].kind != .counter },
            counterCount: counters.count)
    }

    /// Creates a schema with given columns, which may refer to another program's catalog.
    package init(columns: [MetricID], counterCount: Int) {
        self.columns = columns
        self.counterCount = counterCount
        let last = columns.map(\.index).max() ?? 0
        var positions = [Int16](repeating: -1, count: max(MetricCatalog.all.count, last + 1))
        for (column, id) in columns.enumerated() { positions[id.index] = Int16(column) }
        columnOf = positions
    }

    /// The number of columns.
    package var width: Int { columns.count }

    /// The column of a metric; nil if the snapshot does not contain it.
    package func column(of id: MetricID) -> Int? {
        let column = columnOf[id.index]
        return column < 0 ? nil : Int(column)
    }

    /// Whether two schemas have the same columns.
    package static func == (left: Schema, right: Schema) -> Bool { left.columns == right.columns }

    /// Hashes the columns.
    package func hash(into hasher: inout Hasher) { hasher.combine(columns) }
}
