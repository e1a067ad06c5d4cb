import CgroupModel

/// The metrics that a reader of many frames needs.
struct ColumnSelection: Sendable {
    /// The metrics, by their number in the writer's catalog.
    let metrics: Set<MetricID>
    /// Whether instances are needed.
    let hasInstances: Bool
    /// All columns of the last keyframe.
    var columns: Schema?

    /// Selects metrics of this program in the catalog of another.
    init(_ wanted: Set<MetricID>, _ legend: FrameLegend) {
        let own = legend.metrics.indices.filter { legend.metrics[$0].map(wanted.contains) ?? false }
        metrics = Set(own.map { MetricID(index: $0) })
        hasInstances = own.contains { legend.rows[$0].hasDimension }
    }

    /// The selected columns.
    func kept(of all: Schema) -> Schema {
        let columns = all.columns.filter(metrics.contains)
        let counters = all.columns.prefix(all.counterCount).count { metrics.contains($0) }
        return Schema(columns: columns, counterCount: counters)
    }
}
