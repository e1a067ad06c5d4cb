import CgroupModel

/// The state of the live view: keys and snapshots go in, what to draw and what to do come out.
///
/// The selection is a cgroup's identity, so it stays with the cgroup when the order changes.
public struct LiveModel: Sendable {
    /// What has the keys.
    enum Mode: Hashable, Sendable {
        case table
        /// The filter is being typed; `before` comes back on Esc.
        case filter(before: String)
        case columns(cursor: Int)
        case help(top: Int)
        case processes(top: Int)
    }

    /// What only the owner of the snapshots can do.
    enum Intent: Hashable, Sendable {
        case quit, sampleNow, pause, resume, saveLayout, repaint
        case setInterval(Double)
        /// Frames forward; negative is back in time.
        case step(Int)
        case loadProcesses
    }

    /// How the table looks.
    public internal(set) var layout: Layout
    /// The most directories below the root; nil for all.
    public let depth: Int?
    /// Whether the snapshots are from a recording, which no key can sample.
    public let isReplay: Bool
    var mode = Mode.table
    var filter = ""
    var folded: Set<CgroupID> = []
    var detail: DetailKind?
    var isPaused = false
    /// One line for the user until the next key.
    var message: String?
    var size = ScreenSize(rows: 24, columns: 80)

    private(set) var snapshot: Snapshot?
    /// What people know cgroups as, by position in the snapshot.
    private(set) var titles: [Int: String] = [:]
    private(set) var rows: [TreeRow] = []
    private(set) var selected: CgroupID?
    /// The position of the selection in ``rows``.
    private(set) var cursor = 0
    /// The first row that is drawn.
    private(set) var top = 0
    /// The processes of the selection while they are shown.
    private(set) var processes: [ProcessRow] = []
    /// Whether they are there, though it may be that there are none.
    private(set) var hasProcesses = false

    /// Starts with a layout; `depth` limits the tree.
    public init(layout: Layout = Layout(), depth: Int? = nil, isReplay: Bool = false) {
        self.layout = layout
        self.depth = depth
        self.isReplay = isReplay
    }

    var geometry: Geometry { Geometry(size: size, hasDetail: detail != nil) }

    /// The cgroup under the cursor, nil without any row.
    var selectedRow: TreeRow? { rows.indices.contains(cursor) ? rows[cursor] : nil }

    /// Takes the snapshot to show, with what to call its cgroups where their names say little.
    mutating func show(_ next: Snapshot, titles: [Int: String] = [:]) {
        snapshot = next
        self.titles = titles
        rebuild()
    }

    /// Takes the processes of the selection, the busiest first.
    mutating func show(_ processes: [ProcessRow]) {
        hasProcesses = true
        self.processes = processes.sorted { left, right in
            (right.cpuPercent ?? -1, right.memoryBytes ?? 0, left.pid)
                < (left.cpuPercent ?? -1, left.memoryBytes ?? 0, right.pid)
        }
    }

    /// Goes to the processes of the selection, which are not there yet.
    mutating func openProcesses() {
        mode = .processes(top: 0)
        processes = []
        hasProcesses = false
    }

    /// Builds the rows anew after the snapshot or anything that selects or orders rows changed.
    mutating func rebuild() {
        guard let snapshot else { return }
        rows = TreeRows.build(
            snapshot,
            TreeRows.Options(
                layout: layout, filter: filter.asciiLowercased, depth: depth, folded: folded,
                titles: titles))
        followSelection(in: snapshot)
        settle()
    }

    /// Moves the cursor to a row, or as near as there is one.
    mutating func select(_ row: Int) {
        cursor = min(max(row, 0), max(rows.count - 1, 0))
        selected = selectedRow?.id
        settle()
    }

    /// Keeps the cursor in sight, after a change of the size too.
    mutating func settle() {
        let height = max(geometry.tableHeight, 1)
        if cursor < top { top = cursor }
        if cursor >= top + height { top = cursor - height + 1 }
        top = min(top, max(0, rows.count - height))
    }

    private mutating func followSelection(in snapshot: Snapshot) {
        guard let selected else { return select(cursor) }
        if let row = rows.firstIndex(where: { $0.id == selected }) {
            cursor = row
        } else if let index = snapshot.cgroups.firstIndex(where: { $0.id == selected }) {
            // Hidden by a fold or the filter: the nearest ancestor in sight stands for it.
            var parent = snapshot.cgroups[index].parent
            while let here = parent {
                if let row = rows.firstIndex(where: { $0.index == here }) { return select(row) }
                parent = snapshot.cgroups[here].parent
            }
            select(cursor)
        } else {
            if case .processes = mode { mode = .table }
            message = "the selected cgroup is gone"
            select(cursor)
        }
    }
}

extension String {
    /// With A to Z as a to z and everything else as it is.
    fileprivate var asciiLowercased: String {
        String(
            decoding: utf8.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
    }
}
