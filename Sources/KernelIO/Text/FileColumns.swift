internal import CgroupModel

/// Where the values of one file are in a row.
public final class FileColumns: Sendable {
    let all: [Int]
    let counters: [Int]
    /// Whether some values have a dimension and so no column.
    public let hasInstances: Bool
    /// The key of all values, where the file's name says it.
    let instance: InstanceKey?
    /// The metrics with a dimension.
    let metrics: [MetricID]
    /// How the keys of the values begin that are told apart by the node, too: `2MB N`.
    private let nodePrefix: String?

    /// Derives the places from the fields.
    public init(_ layout: FileLayout) {
        all = layout.fields.compactMap(\.column)
        counters = layout.fields.filter { MetricCatalog[$0.metric].kind == .counter }
            .compactMap(\.column)
        metrics = layout.fields.filter { $0.column == nil }.map(\.metric)
        hasInstances = !metrics.isEmpty
        instance = layout.instance
        let isByNode = metrics.contains { MetricCatalog[$0].dimension == .pageSizeAndNode }
        nodePrefix = isByNode ? layout.instance.map { $0.text(.pageSize) + " N" } : nil
    }

    /// Whether a value with a dimension comes from this file.
    func owns(_ reading: InstanceReading) -> Bool {
        metrics.contains(reading.metric)
            && (instance == nil || instance == reading.key || isOfNode(reading.key))
    }

    private func isOfNode(_ key: InstanceKey) -> Bool {
        guard let nodePrefix else { return false }
        return key.text(.pageSizeAndNode).hasPrefix(nodePrefix)
    }
}
