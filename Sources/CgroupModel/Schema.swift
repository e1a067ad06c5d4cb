/// The columns of a snapshot: which metrics without a dimension it holds, counters first.
///
/// Counters stand first so that their earlier values, which rates need, take no room for the rest.
public struct Schema: Hashable, Sendable {
    /// The metrics, one a column.
    public let columns: [MetricID]
    /// How many of the columns are counters; these are the first ones.
    public let counterCount: Int
    private let columnOf: [Int16]

    /// Orders `metrics` into columns; those with a dimension have none.
    public init(_ metrics: some Sequence<MetricID>) {
        let plain = Set(metrics).filter { MetricCatalog[$0].dimension == nil }.sorted()
        let counters = plain.filter { MetricCatalog[$0].kind == .counter }
        self.init(
            columns: counters + plain.filter { MetricCatalog[$0].kind != .counter },
            counterCount: counters.count)
    }

    /// Takes columns as another program ordered them; they may stand for rows of its catalog.
    package init(columns: [MetricID], counterCount: Int) {
        self.columns = columns
        self.counterCount = counterCount
        let last = columns.map(\.index).max() ?? 0
        var positions = [Int16](repeating: -1, count: max(MetricCatalog.all.count, last + 1))
        for (column, id) in columns.enumerated() { positions[id.index] = Int16(column) }
        columnOf = positions
    }

    /// How many columns a row has.
    public var width: Int { columns.count }

    /// The column of a metric, nil if the snapshot does not hold it.
    public func column(of id: MetricID) -> Int? {
        let column = columnOf[id.index]
        return column < 0 ? nil : Int(column)
    }

    /// Two schemas are the same if their columns are.
    public static func == (left: Schema, right: Schema) -> Bool { left.columns == right.columns }

    /// Hashes the columns.
    public func hash(into hasher: inout Hasher) { hasher.combine(columns) }
}
