import Causes
import CgroupModel

/// The state of the live view: takes keys and snapshots, and provides the rows to draw and the
/// actions to take.
///
/// The selection is a cgroup's identity, so it follows the cgroup when the order changes.
package struct LiveModel: Sendable {
    /// The part of the view that receives keys.
    enum Mode: Hashable, Sendable {
        case table
        /// The filter is being typed; Esc restores `before`.
        case filter(before: String)
        case columns(cursor: Int)
        case help(top: Int)
        case processes(top: Int)
        case explanation(top: Int)
        case events(top: Int)
        /// A time to go to is being typed.
        case time(String)
    }

    /// An action that only the owner of the snapshots can take.
    enum Intent: Hashable, Sendable {
        case quit, sampleNow, pause, resume, saveLayout, repaint
        case setInterval(Double)
        /// Steps by a number of frames; negative numbers go back in time.
        case step(Int)
        /// Goes to a time as typed.
        case goTo(String)
        case loadProcesses
        case explain
    }

    /// The settings of the table.
    package internal(set) var layout: Layout
    /// Whether the snapshots come from a recording, in which no key can take a sample.
    package let isReplay: Bool
    var mode = Mode.table
    var filter = ""
    var folded: Set<CgroupID> = []
    var detail: DetailKind?
    var isPaused = false
    /// Whether recently ended cgroups are listed.
    var showsDead = true
    /// A message for the user, shown until the next key.
    var message: String?
    var size = ScreenSize(rows: 24, columns: 80)

    private(set) var snapshot: Snapshot?
    /// Readable names of cgroups, by position in the snapshot.
    private(set) var titles: [Int: String] = [:]
    private(set) var rows: [TreeRow] = []
    private(set) var selected: CgroupID?
    /// The position of the selection in ``rows``.
    private(set) var cursor = 0
    /// The first visible row.
    private(set) var top = 0
    /// The processes of the selection while they are shown.
    private(set) var processes: [ProcessRow] = []
    /// Whether the processes have arrived; the list may be empty.
    private(set) var hasProcesses = false
    /// The explanation of the selection while it is shown.
    var explanation: Explanation?
    /// The newest events while they are shown, the newest first; safe to print.
    private(set) var events: [String] = []

    /// Creates a model that shows all cgroups of its snapshots.
    package init(layout: Layout = Layout(), isReplay: Bool = false, isPaused: Bool = false) {
        self.layout = layout
        self.isReplay = isReplay
        self.isPaused = isPaused
    }

    var geometry: Geometry {
        Geometry(size: size, hasDetail: detail != nil, hasTimeBar: isReplay)
    }

    /// The row under the cursor; nil if there are no rows.
    var selectedRow: TreeRow? { rows.indices.contains(cursor) ? rows[cursor] : nil }

    /// Shows a snapshot; `titles` are readable names of its cgroups by position.
    mutating func show(_ next: Snapshot, titles: [Int: String] = [:]) {
        snapshot = next
        self.titles = titles
        rebuild()
    }

    /// Shows the processes of the selection, busiest first.
    mutating func show(_ processes: [ProcessRow]) {
        hasProcesses = true
        self.processes = processes.sorted { left, right in
            (right.cpuPercent ?? -1, right.memoryBytes ?? 0, left.pid)
                < (left.cpuPercent ?? -1, left.memoryBytes ?? 0, right.pid)
        }
    }

    /// Opens the process view of the selection, before its processes have arrived.
    mutating func openProcesses() {
        mode = .processes(top: 0)
        processes = []
        hasProcesses = false
    }

    /// Opens the explanation of the selection, which the caller sets next.
    mutating func openExplanation() {
        mode = .explanation(top: 0)
        explanation = nil
    }

    /// Shows the newest events, the newest first; the visible lines stay in place if scrolled.
    mutating func show(events next: [String]) {
        if case .events(let top) = mode, top > 0, let first = events.first,
            let added = next.firstIndex(of: first)
        {
            mode = .events(top: top + added)
        }
        events = next
    }

    /// Rebuilds the rows after a change of the snapshot, the filter, the order or a fold.
    mutating func rebuild() {
        guard let snapshot else { return }
        rows = TreeRows.build(
            snapshot,
            TreeRows.Options(
                layout: layout, filter: filter.asciiLowercased, folded: folded, titles: titles,
                showsDead: showsDead))
        followSelection(in: snapshot)
        settle()
    }

    /// Moves the cursor to a row, or to the nearest one.
    mutating func select(_ row: Int) {
        cursor = min(max(row, 0), max(rows.count - 1, 0))
        selected = selectedRow?.id
        settle()
    }

    /// Scrolls so that the cursor is visible, also after a resize.
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
            // If a fold or the filter hides it, select the nearest visible ancestor.
            var parent = snapshot.cgroups[index].parent
            while let here = parent {
                if let row = rows.firstIndex(where: { $0.index == here }) { return select(row) }
                parent = snapshot.cgroups[here].parent
            }
            select(cursor)
        } else {
            if mode.isAboutSelection { mode = .table }
            message = "the selected cgroup is gone"
            select(cursor)
        }
    }
}

extension LiveModel.Mode {
    /// Whether it shows only the selected cgroup.
    fileprivate var isAboutSelection: Bool {
        switch self {
        case .processes, .explanation: true
        case .table, .filter, .columns, .help, .events, .time: false
        }
    }
}

extension String {
    /// The string with A to Z in lower case and everything else unchanged.
    fileprivate var asciiLowercased: String {
        String(
            decoding: utf8.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
    }
}
