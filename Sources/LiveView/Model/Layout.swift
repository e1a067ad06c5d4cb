package import CgroupModel

/// The sort order of the rows.
package enum SortKey: Hashable, CaseIterable, RawRepresentable, Sendable {
    case path
    case column(Column)
    /// The sum of reads and writes per second.
    case io

    /// The orders that keys of systemd-cgtop select.
    package static let
        tasks = SortKey.column(.tasks),
        cpu = SortKey.column(.cpu),
        memory = SortKey.column(.memory)

    /// All orders, in the order of the menu.
    package static let allCases: [SortKey] =
        [.path, .io] + Column.allCases.filter { $0 != .cgroup && $0 != .owner }.map { .column($0) }

    /// The name in options and in the saved layout: `path`, `io` or that of a column.
    package var rawValue: String {
        switch self {
        case .path: "path"
        case .io: "io"
        case .column(let column): column.rawValue
        }
    }

    /// Looks up a name; nil for an unknown one.
    package init?(rawValue: String) {
        guard let key = Self.allCases.first(where: { $0.rawValue == rawValue }) else { return nil }
        self = key
    }

    /// Looks up the name of a sort order, or the head of a column, as people type it; ignores case.
    ///
    /// Nil for an unknown name.
    package init?(typed text: String) {
        let name = text.lowercased()
        guard let key = Self.allCases.first(where: { $0.spellings.contains(name) }) else {
            return nil
        }
        self = key
    }

    /// The names that people type, in lower case.
    private var spellings: [String] {
        switch self {
        case .path: ["path", Column.cgroup.facts.title.lowercased()]
        case .io: ["io"]
        case .column(let column):
            // Some options change the head of a column.
            [column.rawValue, column.facts.title.lowercased()]
                + (column == .tasks ? ["procs", "proc+"] : column == .cpu ? ["cputim"] : [])
        }
    }

    /// The metrics by which rows are sorted; none for paths.
    package var metrics: [MetricID] {
        switch self {
        case .path: []
        case .io: [.ioReadBytes, .ioWrittenBytes]
        case .column(let column): [column.facts.metric].compactMap(\.self)
        }
    }

    /// The columns whose heads are highlighted.
    var columns: Set<Column> {
        switch self {
        case .path: [.cgroup]
        case .io: [.read, .written]
        case .column(let column): [column]
        }
    }

    /// The order that a click on a column's head selects.
    init(of column: Column) { self = column == .cgroup ? .path : .column(column) }
}

/// The settings of the table, which the key `s` saves.
package struct Layout: Hashable, Sendable {
    /// The sort order: paths ascending, numbers descending.
    package var sort: SortKey
    /// Whether to reverse the sort order.
    package var reverse: Bool
    /// Whether to show a tree instead of a flat list.
    package var tree: Bool
    /// The columns of the overview; the CGroup column is always shown.
    package var columns: Set<Column>
    /// The set of columns on the screen.
    package var set: ColumnSet
    /// The seconds between two samples.
    package var delay: Double
    /// Whether to show CPU in percent of one CPU instead of the time used since the cgroup's
    /// creation.
    package var percent: Bool

    /// Creates a layout with the defaults of a first start.
    package init(
        sort: SortKey = .cpu, reverse: Bool = false, tree: Bool = true,
        columns: Set<Column> = Set(Column.usual), set: ColumnSet = .overview, delay: Double = 1,
        percent: Bool = true
    ) {
        self.sort = sort
        self.reverse = reverse
        self.tree = tree
        self.columns = columns
        self.set = set
        self.delay = delay
        self.percent = percent
    }

    /// The columns on the screen besides CGroup, from left to right.
    var shown: [Column] {
        self.set.columns ?? Column.allCases.filter { $0 != .cgroup && columns.contains($0) }
    }
}
