import Causes
import CgroupModel

/// The state of the live view: takes keys, snapshots and reports of commands, and provides the rows
/// to draw and the actions to take.
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
        case menu(Menu)
        case prompt(Prompt)
        /// A plan is awaited, or shown with a question.
        case proposal(top: Int)
        /// The output of a command is shown.
        case output(top: Int)
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
        case goToEvent(TimeDirection)
        case turnSummary
        case loadProcesses
        case explain
        case order(CommandOrder)
    }

    /// The settings of the table.
    package internal(set) var layout: Layout
    /// Whether the snapshots come from a recording, in which no key can take a sample.
    package let isReplay: Bool
    /// The commands that the view offers; empty if it can change nothing.
    var shapes: [CommandShape] = []
    /// The reason why commands cannot run; nil if they can.
    var refusal: String?
    /// The reason why processes and events cannot be listed; nil if they can.
    let limitation: String?
    var mode = Mode.table
    /// The text of the filter, which may be incomplete while it is typed.
    var filter = ""
    /// The reason why the text of the filter is invalid; nil if it is valid.
    private(set) var filterProblem: String?
    var visibility = Visibility.all
    var folded: Set<CgroupID> = []
    var detail: DetailKind?
    var isPaused = false
    /// Whether recently ended cgroups are listed.
    var showsDead = true
    /// Whether the selection stays on its cgroup when the order is changed.
    var isFollowing = false
    /// Whether the cursor stays in the first row, because no other row was chosen.
    private var isAtTop = true
    /// The number of columns scrolled out to the left.
    var skippedColumns = 0
    /// A message for the user, shown until the next key.
    var message: String?
    var size = ScreenSize(rows: 24, columns: 80)

    private(set) var snapshot: Snapshot?
    /// Readable names of cgroups, by position in the snapshot.
    private(set) var titles: [Int: String] = [:]
    private(set) var identities: [Int: CgroupIdentity] = [:]
    private var condition = CgroupFilter.everything
    private(set) var rows: [TreeRow] = []
    /// The cells that the widest name needs.
    private(set) var nameWidth = 0
    private(set) var selected: CgroupID?
    /// The chosen cgroup while the filter hides it; it is selected again once it is shown.
    private var hidden: CgroupID?
    /// The position of the selection in ``rows``.
    private(set) var cursor = 0
    /// The first visible row.
    private(set) var top = 0
    /// The rows that the next action is for, instead of the selection.
    var marked: Set<CgroupID> = []
    /// The processes of the selection while they are shown.
    var processes = ProcessList()
    /// The explanation of the selection while it is shown.
    var explanation: Explanation?
    /// The newest events while they are shown, the newest first; safe to print.
    private(set) var events: [String] = []
    /// The change that is planned or asked about.
    var proposal: Proposal?
    /// The proposals whose orders are running, by the number of the order.
    var running: [Int: Proposal] = [:]
    /// The number of the last order.
    var lastOrder = 0
    /// The undo steps of this view's actions, newest last.
    var undoable: [UndoStep] = []
    /// The times at which cgroups frozen by this view thaw, in microseconds since 1970.
    var thawTimes: [CgroupID: UInt64] = [:]
    /// The cgroups of ``thawTimes`` that a snapshot showed as frozen; if a later one does not, they
    /// were thawed.
    private var seenFrozen: Set<CgroupID> = []
    /// The cgroup whose limits were last listed, with a sentence on their owner; nil until the
    /// owner is known.
    var owner: (of: String, sentence: String)?
    /// The output of the last command, with its title.
    var output: (title: String, lines: [String]) = ("", [])
    /// The command lines that were typed, newest last.
    var typedLines: [String] = []

    /// Creates a model that shows all cgroups of its snapshots.
    ///
    /// `remoteHost` is the name of the shown host; nil for this host.
    package init(
        layout: Layout = Layout(), isReplay: Bool = false, isPaused: Bool = false,
        filter: String = "", remoteHost: String? = nil
    ) {
        self.layout = layout
        limitation = remoteHost.map { "\($0) is another host; run cgwarden on it" }
        refusal = limitation ?? "this view is read-only"
        self.isReplay = isReplay
        self.isPaused = isPaused
        self.filter = filter
    }

    var geometry: Geometry {
        Geometry(size: size, hasDetail: detail != nil, hasTimeBar: isReplay)
    }

    /// The positions of the columns on the screen.
    var table: TableLayout {
        TableLayout(
            width: size.columns, wanted: layout.shown, names: nameWidth + 2,
            skipped: skippedColumns, ranked: layout.set != .overview)
    }

    /// The row under the cursor; nil if there are no rows.
    var selectedRow: TreeRow? { rows.indices.contains(cursor) ? rows[cursor] : nil }

    /// Shows a snapshot; `titles` and `identities` belong to its cgroups by position.
    mutating func show(
        _ next: Snapshot, titles: [Int: String] = [:], identities: [Int: CgroupIdentity] = [:]
    ) {
        snapshot = next
        self.titles = titles
        self.identities = identities
        if !marked.isEmpty || !thawTimes.isEmpty {
            let present = Set(next.cgroups.map(\.id))
            let hadMarks = !marked.isEmpty
            marked.formIntersection(present)
            if hadMarks, marked.isEmpty { endQuestion() }
            thawTimes = thawTimes.filter { present.contains($0.key) }
            watchThaws(in: next)
        }
        rebuild()
    }

    /// Forgets the freezes that something else has ended.
    ///
    /// A freeze that no snapshot has shown is kept: on a hybrid host, the files that are read may
    /// not show a freeze through v2.
    private mutating func watchThaws(in snapshot: Snapshot) {
        for (index, entry) in snapshot.cgroups.enumerated() where thawTimes[entry.id] != nil {
            if CgroupFigures(snapshot, index).state == "frozen" {
                seenFrozen.insert(entry.id)
            } else if seenFrozen.remove(entry.id) != nil {
                thawTimes[entry.id] = nil
            }
        }
        seenFrozen.formIntersection(thawTimes.keys)
    }

    /// Closes a menu or a prompt about marked cgroups that are gone, because it would then apply to
    /// the selected row.
    private mutating func endQuestion() {
        switch mode {
        case .menu, .prompt:
            mode = .table
            message = "the marked cgroups are gone"
        default: break
        }
    }

    /// Shows the processes of the selection.
    mutating func show(_ rows: [ProcessRow]) { processes.show(rows) }

    /// Opens the process view of the selection, before its processes have arrived.
    mutating func openProcesses() {
        mode = .processes(top: 0)
        processes.clear()
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
    ///
    /// While the text of the filter is invalid, the last valid filter applies.
    mutating func rebuild() {
        do throws(FilterError) {
            condition = try CgroupFilter(parsing: filter)
            filterProblem = nil
        } catch {
            filterProblem = error.description
        }
        guard let snapshot else { return }
        rows = TreeRows.build(
            snapshot,
            TreeRows.Options(
                layout: layout, filter: condition, visibility: visibility, folded: folded,
                titles: titles, identities: identities, showsDead: showsDead))
        nameWidth = rows.reduce(0) { max($0, width(of: $1)) }
        followSelection(in: snapshot)
        settle()
    }

    /// Moves the cursor to a row, or to the nearest one.
    mutating func select(_ row: Int) {
        hidden = nil
        put(row)
    }

    private mutating func put(_ row: Int) {
        cursor = min(max(row, 0), max(rows.count - 1, 0))
        isAtTop = cursor == 0
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
        // An open menu or prompt is about the row that was selected when it was opened.
        if !mode.isAboutSelection, let hidden,
            let row = rows.firstIndex(where: { $0.id == hidden })
        {
            return select(row)
        }
        guard let selected, !isAtTop || isFollowing || mode.isAboutSelection else {
            return put(0)
        }
        if let row = rows.firstIndex(where: { $0.id == selected }) {
            cursor = row
        } else if let index = snapshot.cgroups.firstIndex(where: { $0.id == selected }) {
            // If a fold or the filter hides it, select the nearest visible ancestor.
            if !filter.isEmpty { hidden = hidden ?? selected }
            var parent = snapshot.cgroups[index].parent
            while let here = parent {
                if let row = rows.firstIndex(where: { $0.index == here }) { return put(row) }
                parent = snapshot.cgroups[here].parent
            }
            put(cursor)
        } else {
            if mode.isAboutSelection { mode = .table }
            message = "the selected cgroup is gone"
            isFollowing = false
            select(cursor)
        }
    }
}

extension LiveModel.Mode {
    /// Whether it shows only the selected cgroup.
    fileprivate var isAboutSelection: Bool {
        switch self {
        case .processes, .explanation, .menu, .prompt: true
        case .table, .filter, .columns, .help, .events, .proposal, .output, .time: false
        }
    }
}
