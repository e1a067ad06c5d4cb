internal import CgroupModel

/// The columns of a row that one file fills.
package final class FileColumns: Sendable {
    let all: [Int]
    let counters: [Int]
    /// Whether some values have a dimension and therefore no column.
    package let hasInstances: Bool
    /// The key of all values, if the file's name contains it.
    let instance: InstanceKey?
    /// The metrics with a dimension.
    let metrics: [MetricID]
    /// The prefix of keys that consist of the page size and a node: `2MB N`.
    private let nodePrefix: String?

    /// Derives the columns from the fields of a layout.
    package init(_ layout: FileLayout) {
        // Another file owns the column of a field that raises its value.
        all = layout.fields.filter { !$0.raises }.compactMap(\.column)
        counters = layout.fields.filter { MetricCatalog[$0.metric].kind == .counter }
            .compactMap(\.column)
        metrics = layout.fields.filter { $0.column == nil }.map(\.metric)
        hasInstances = !metrics.isEmpty
        instance = layout.instance
        let isByNode = metrics.contains { MetricCatalog[$0].dimension == .pageSizeAndNode }
        nodePrefix = isByNode ? layout.instance.map { $0.text(.pageSize) + " N" } : nil
    }

    /// Whether an instance value comes from this file.
    func owns(_ reading: InstanceReading) -> Bool {
        metrics.contains(reading.metric)
            && (instance == nil || instance == reading.key || isOfNode(reading.key))
    }

    private func isOfNode(_ key: InstanceKey) -> Bool {
        guard let nodePrefix else { return false }
        return key.text(.pageSizeAndNode).hasPrefix(nodePrefix)
    }
}
