/// What the rows are ordered by.
public enum SortKey: String, CaseIterable, Sendable {
    case path, tasks, cpu, memory, io
}

/// How the table looks: what `s` saves.
public struct Layout: Hashable, Sendable {
    /// What the rows are ordered by: paths upward, numbers from the highest.
    public var sort: SortKey
    /// The opposite order.
    public var reverse: Bool
    /// A tree, or all cgroups in one list.
    public var tree: Bool
    /// The columns that are wanted; the CGroup column is always there.
    public var columns: Set<Column>
    /// Seconds between two samples.
    public var delay: Double
    /// CPU in percent of one CPU, or as time since the cgroup was made.
    public var percent: Bool

    /// The layout of a first start.
    public init(
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
