internal import CgroupModel

/// A limit, and one of the metrics that show it.
struct ShownLimit: Sendable {
    let limit: Limit
    let metric: LimitMetric

    /// All metrics that show a limit, each with one limit.
    ///
    /// If a metric shows two limits, the limit with the metric's name is listed.
    static let all: [ShownLimit] = {
        var shown: [MetricID: ShownLimit] = [:]
        for limit in LimitCatalog.all where limit.refusal == nil {
            for metric in limit.metrics
            where shown[metric.id] == nil || limit.name == MetricCatalog[metric.id].name {
                shown[metric.id] = ShownLimit(limit: limit, metric: metric)
            }
        }
        return shown.values.sorted { $0.metric.id < $1.metric.id }
    }()

    /// The positions in ``all``, by the index of the metric.
    private static let indices: [Int?] = {
        var indices = [Int?](repeating: nil, count: MetricCatalog.all.count)
        for (index, shown) in all.enumerated() { indices[shown.metric.id.index] = index }
        return indices
    }()

    /// The position in ``all``; nil for a metric that shows no limit.
    static func index(of metric: MetricID) -> Int? {
        metric.index < indices.count ? indices[metric.index] : nil
    }

    /// Whether a metric shows a limit.
    static func isShown(_ metric: MetricID) -> Bool { index(of: metric) != nil }

    /// Whether the metric is read from this file of a limit.
    func isShown(by file: LimitFile) -> Bool {
        let row = MetricCatalog[metric.id]
        let sources = [row.v2, row.v1].compactMap(\.self) + row.olderV1
        return sources.contains { $0.file == file.name && $0.conversion == .none }
            && (limit.v2 + limit.v1).contains(file)
    }
}
