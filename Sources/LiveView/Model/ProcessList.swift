/// The processes of a cgroup: their order, and the one that is selected.
struct ProcessList: Hashable, Sendable {
    /// The order of processes, or of the children of a process.
    enum Order: Hashable, Sendable { case cpu, memory, pid, user }

    private(set) var rows: [ProcessRow] = []
    /// The depth of each row in the tree; 0 in a list.
    private(set) var depths: [Int] = []
    /// Whether the processes have arrived; the list may be empty.
    private(set) var hasArrived = false
    var order = Order.cpu { didSet { arrange() } }
    var isTree = false { didSet { arrange() } }
    private(set) var cursor = 0

    var selected: ProcessRow? { rows.indices.contains(cursor) ? rows[cursor] : nil }

    mutating func clear() { (rows, depths, hasArrived, cursor) = ([], [], false, 0) }

    mutating func show(_ rows: [ProcessRow]) {
        hasArrived = true
        self.rows = rows
        arrange()
    }

    mutating func move(to row: Int) { cursor = min(max(row, 0), max(rows.count - 1, 0)) }

    /// Orders the rows; the selection stays on its process, unless it is the first row.
    private mutating func arrange() {
        let pid = cursor == 0 ? nil : selected?.pid
        rows.sort(by: isBefore)
        depths = rows.map { _ in 0 }
        if isTree { nest() }
        move(to: rows.firstIndex { $0.pid == pid } ?? min(cursor, max(rows.count - 1, 0)))
    }

    /// Puts children after their parents where both are in the list.
    private mutating func nest() {
        let present = Set(rows.map(\.pid))
        let children = Dictionary(grouping: rows.filter { $0.parent != $0.pid }, by: \.parent)
        var pending = rows.filter { !present.contains($0.parent) || $0.parent == $0.pid }.reversed()
            .map { (row: $0, depth: 0) }
        var ordered: [ProcessRow] = []
        var depths: [Int] = []
        var seen: Set<Int32> = []
        while let next = pending.popLast() {
            guard seen.insert(next.row.pid).inserted else { continue }
            ordered.append(next.row)
            depths.append(next.depth)
            pending += (children[next.row.pid] ?? []).reversed().map { ($0, next.depth + 1) }
        }
        // Parents that were read at different times may form a cycle.
        let rest = rows.filter { !seen.contains($0.pid) }
        rows = ordered + rest
        self.depths = depths + rest.map { _ in 0 }
    }

    private func isBefore(_ left: ProcessRow, _ right: ProcessRow) -> Bool {
        let (cpu, other) = (left.cpuPercent ?? -1, right.cpuPercent ?? -1)
        let (memory, otherMemory) = (left.memoryBytes ?? 0, right.memoryBytes ?? 0)
        return switch order {
        case .cpu: (other, otherMemory, left.pid) < (cpu, memory, right.pid)
        case .memory: (otherMemory, other, left.pid) < (memory, cpu, right.pid)
        case .pid: left.pid < right.pid
        case .user: (left.user, left.pid) < (right.user, right.pid)
        }
    }
}

extension LiveModel {
    /// Handles a key of the process view.
    mutating func browse(_ key: KeyEvent, _ top: Int) -> Intent? {
        let page = max(geometry.wholeHeight - 2, 1)
        let last = processes.rows.count - 1
        switch key {
        case .up, .character("k"): processes.move(to: processes.cursor - 1)
        case .down, .character("j"): processes.move(to: processes.cursor + 1)
        case .wheelUp: processes.move(to: processes.cursor - 3)
        case .wheelDown: processes.move(to: processes.cursor + 3)
        case .pageUp: processes.move(to: processes.cursor - page)
        case .pageDown, .character(" "): processes.move(to: processes.cursor + page)
        case .home, .character("g"): processes.move(to: 0)
        case .end, .character("G"): processes.move(to: last)
        case .character("c"): processes.order = .cpu
        case .character("m"): processes.order = .memory
        case .character("p"): processes.order = .pid
        case .character("u"): processes.order = .user
        case .character("t"), .function(5): processes.isTree.toggle()
        case .character("K"), .function(9): return killProcess()
        case .click(let line, _):
            // As in the pane: two lines of heads, and no gap after the last row.
            let first = min(top, max(processes.rows.count - page, 0))
            let row = first + line - geometry.headRow - 2
            let shown = first..<min(first + page, processes.rows.count)
            if shown.contains(row) { processes.move(to: row) }
        case .escape, .function(1), .character("q"), .character("z"):
            mode = .table
            return nil
        case .character: message = "no such key here; Esc goes back"
        default: break
        }
        let cursor = processes.cursor
        mode = .processes(top: min(max(top, cursor - page + 1), cursor))
        return nil
    }

    private mutating func killProcess() -> Intent? {
        if let changeRefusal {
            message = changeRefusal
        } else if let process = processes.selected {
            marked = []
            mode = .menu(.signals(for: process))
        }
        return nil
    }
}
