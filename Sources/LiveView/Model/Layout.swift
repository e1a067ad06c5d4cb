package import CgroupModel

/// The sort order of the rows.
package enum SortKey: String, CaseIterable, Sendable {
    case path, tasks, cpu, memory, io

    /// The metrics by which rows are sorted; none for paths.
    package var metrics: [MetricID] {
        switch self {
        case .path: []
        case .tasks: [.pidsCurrent]
        case .cpu: [.cpuUsage]
        case .memory: [.memoryUsage]
        case .io: [.ioReadBytes, .ioWrittenBytes]
        }
    }
}

/// The settings of the table, which the key `s` saves.
package struct Layout: Hashable, Sendable {
    /// The sort order: paths ascending, numbers descending.
    package var sort: SortKey
    /// Whether to reverse the sort order.
    package var reverse: Bool
    /// Whether to show a tree instead of a flat list.
    package var tree: Bool
    /// The columns to show; the CGroup column is always shown.
    package var columns: Set<Column>
    /// The seconds between two samples.
    package var delay: Double
    /// Whether to show CPU in percent of one CPU instead of the time used since the cgroup's
    /// creation.
    package var percent: Bool

    /// Creates a layout with the defaults of a first start.
    package init(
        sort: SortKey = .cpu, reverse: Bool = false, tree: Bool = true,
        columns: Set<Column> = Set(Column.allCases), delay: Double = 1, percent: Bool = true
    ) {
        self.sort = sort
        self.reverse = reverse
        self.tree = tree
        self.columns = columns
        self.delay = delay
        self.percent = percent
    }
}
