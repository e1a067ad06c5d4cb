import CgroupModel

/// What the numbers in a frame stand for: the catalog of the program that wrote it.
///
/// Names that this program does not know, or knows as something of another shape, stand for nil.
struct FrameLegend: Sendable, Hashable {
    /// A row of the writer's catalog, as far as the layout of a frame depends on it.
    struct Row: Sendable, Hashable {
        var name: String
        var tier: Int
        var isCounter = false
        var hasDimension = false
        var isText = false
        /// Whether its values are told apart by words rather than numbers.
        var hasWordKeys = false
    }

    /// The catalog's rows by place.
    let rows: [Row]
    /// This program's metric of each row.
    let metrics: [MetricID?]
    /// The writer's controllers by place.
    let controllers: [Controller?]

    /// This program's catalog.
    static let own = FrameLegend(
        rows: MetricCatalog.all.map(Row.init), controllers: Controller.allCases)

    init(rows: [Row], controllers: [String]) {
        self.init(rows: rows, controllers: controllers.map { Controller(rawValue: $0) })
    }

    private init(rows: [Row], controllers: [Controller?]) {
        self.rows = rows
        self.controllers = controllers
        metrics = rows.map { row in
            MetricCatalog.metric(named: row.name).flatMap {
                Row($0).hasShape(of: row) ? $0.id : nil
            }
        }
    }

    /// The names that this program does not know.
    var unknownNames: [String] { zip(rows, metrics).filter { $1 == nil }.map(\.0.name) }
}

extension FrameLegend.Row {
    init(_ metric: Metric) {
        self.init(
            name: metric.name, tier: metric.tier.rawValue, isCounter: metric.kind == .counter,
            hasDimension: metric.dimension != nil, isText: metric.kind == .text,
            hasWordKeys: metric.dimension?.isWord ?? false)
    }

    fileprivate func hasShape(of other: Self) -> Bool {
        (hasDimension, isText, hasWordKeys) == (other.hasDimension, other.isText, other.hasWordKeys)
    }
}

extension Dimension {
    /// Whether keys are held as a ``CgroupModel/Word``.
    fileprivate var isWord: Bool {
        switch self {
        case .device, .cpu, .node: false
        case .pageSize, .pageSizeAndNode, .resource, .interface: true
        }
    }
}
