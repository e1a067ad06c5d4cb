import CgroupModel

/// The meaning of the numbers in a frame: the catalog of the program that wrote it.
///
/// Former names are known. Names that this program does not know, or whose metrics have another
/// shape here, map to nil.
struct FrameLegend: Sendable, Hashable {
    /// The properties of a row of the writer's catalog that determine the layout of a frame.
    struct Row: Sendable, Hashable {
        var name: String
        var tier: Int
        var isCounter = false
        var hasDimension = false
        var isText = false
        /// Whether the keys of its instances are words rather than numbers.
        var hasWordKeys = false
    }

    /// The writer's catalog rows, by index.
    let rows: [Row]
    /// This program's metric for each row.
    let metrics: [MetricID?]
    /// The writer's controllers, by index.
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
            CatalogName(row.name)?.metric.flatMap {
                Row($0).hasShape(of: row) ? $0.id : nil
            }
        }
    }

    /// The names of the metrics that this program does not know.
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
    /// Whether keys are stored as a ``CgroupModel/Word``.
    fileprivate var isWord: Bool {
        switch self {
        case .device, .cpu, .node: false
        case .pageSize, .pageSizeAndNode, .resource, .interface: true
        }
    }
}
