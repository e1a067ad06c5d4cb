internal import CgroupModel

/// The columns of a row that one file fills.
public final class FileColumns: Sendable {
    let all: [Int]
    let counters: [Int]
    /// Whether some values have a dimension and therefore no column.
    public let hasInstances: Bool
    /// The key of all values, if the file's name contains it.
    let instance: InstanceKey?
    /// The metrics with a dimension.
    let metrics: [MetricID]

    /// Derives the columns from the fields of a layout.
    public init(_ layout: FileLayout) {
        all = layout.fields.compactMap(\.column)
        counters = layout.fields.filter { MetricCatalog[$0.metric].kind == .counter }
            .compactMap(\.column)
        metrics = layout.fields.filter { $0.column == nil }.map(\.metric)
        hasInstances = !metrics.isEmpty
        instance = layout.instance
    }

    /// Whether an instance value comes from this file.
    func owns(_ reading: InstanceReading) -> Bool {
        (instance == nil || instance == reading.key) && metrics.contains(reading.metric)
    }
}
