import Causes
import CgroupModel

extension LiveModel {
    /// Handles a key; returns the action that the owner of the snapshots must take.
    mutating func handle(_ key: KeyEvent) -> Intent? {
        if key == .redraw { return .repaint }
        message = nil
        switch mode {
        case .table: return table(key)
        case .filter(let before): return typeFilter(key, before: before)
        case .columns(let cursor): return pickColumn(key, cursor)
        case .time(let text): return typeTime(key, text)
        case .help(let top):
            return scroll(key, top, closing: ["h", "?"]) { .help(top: $0) }
        case .processes(let top):
            return scroll(key, top, closing: ["z"]) { .processes(top: $0) }
        case .explanation(let top):
            return scroll(key, top, closing: ["x"]) { .explanation(top: $0) }
        case .events(let top):
            return scroll(key, top, closing: ["e"]) { .events(top: $0) }
        }
    }

    private mutating func table(_ key: KeyEvent) -> Intent? {
        switch key {
        case .up: select(cursor - 1)
        case .down: select(cursor + 1)
        case .pageUp: select(cursor - geometry.tableHeight)
        case .pageDown: select(cursor + geometry.tableHeight)
        case .home: select(0)
        case .end: select(rows.count - 1)
        case .left: foldOrLeave()
        case .right: setFolded(false)
        case .enter: toggleFold()
        case .tab: turnDetail(by: 1)
        case .backTab: turnDetail(by: -1)
        case .escape:
            detail = nil
            settle()
        case .function(1): mode = .help(top: 0)
        case .function(5): toggleTree()
        case .function(10): return .quit
        case .character(let character): return command(character)
        case .resize, .redraw, .hangUp, .backspace, .function: break
        }
        return nil
    }

    private mutating func command(_ character: Character) -> Intent? {
        switch character {
        case "q": return .quit
        case " ": return isReplay ? pauseOrResume : .sampleNow
        case "p": sort(by: .path)
        case "t": sort(by: .tasks)
        case "c": sort(by: .cpu)
        case "m": sort(by: .memory)
        case "i": sort(by: .io)
        case "r":
            layout.reverse.toggle()
            rebuild()
        case "%":
            layout.percent.toggle()
            rebuild()
        case "+": return delay(Self.longer(layout.delay))
        case "-": return delay(Self.shorter(layout.delay))
        case "j": select(cursor + 1)
        case "k": select(cursor - 1)
        case "g" where isReplay: mode = .time("")
        case "g": select(0)
        case "G": select(rows.count - 1)
        case "V": toggleTree()
        case "D":
            showsDead.toggle()
            rebuild()
        case "/": mode = .filter(before: filter)
        case "\\":
            filter = ""
            rebuild()
        case "f": mode = .columns(cursor: 0)
        case "z":
            guard selectedRow != nil else { return nil }
            openProcesses()
            return .loadProcesses
        case "x":
            guard selectedRow != nil else { return nil }
            openExplanation()
            return .explain
        case "e": mode = .events(top: 0)
        case "h", "?": mode = .help(top: 0)
        case "s": return .saveLayout
        case "Z": return pauseOrResume
        case "[": return step(-1)
        case "]": return step(1)
        case "{": return step(-Self.jump)
        case "}": return step(Self.jump)
        default: break
        }
        return nil
    }

    private var pauseOrResume: Intent { isPaused ? .resume : .pause }

    private mutating func sort(by key: SortKey) {
        layout.sort = key
        rebuild()
    }

    private mutating func toggleTree() {
        layout.tree.toggle()
        rebuild()
    }

    /// The next longer interval: 0.25 s more below one second, 1 s more from there, as in
    /// systemd-cgtop.
    static func longer(_ delay: Double) -> Double { delay + (delay < 1 ? 0.25 : 1) }

    static func shorter(_ delay: Double) -> Double {
        delay <= 0.5 ? 0.25 : delay - (delay < 1.25 ? 0.25 : 1)
    }

    private mutating func delay(_ seconds: Double) -> Intent {
        layout.delay = seconds
        message = "sampling every \(Quantity.interval(seconds))"
        return .setInterval(seconds)
    }

    // MARK: Folding

    private mutating func toggleFold() {
        guard let row = selectedRow else { return }
        setFolded(!folded.contains(row.id))
    }

    private mutating func setFolded(_ fold: Bool) {
        guard let row = selectedRow, layout.tree else {
            message = "only the tree view folds; press F5 for it"
            return
        }
        if fold, hasChildren(row) { folded.insert(row.id) } else { folded.remove(row.id) }
        rebuild()
    }

    /// Folds an expanded cgroup; otherwise selects the parent.
    private mutating func foldOrLeave() {
        guard layout.tree, let row = selectedRow, let snapshot else { return }
        if row.folded == 0, hasChildren(row), filter.isEmpty {
            setFolded(true)
        } else if let parent = snapshot.cgroups[row.index].parent,
            let above = rows.firstIndex(where: { $0.index == parent })
        {
            select(above)
        }
    }

    private func hasChildren(_ row: TreeRow) -> Bool {
        guard let cgroups = snapshot?.cgroups, row.index + 1 < cgroups.count else { return false }
        return cgroups[row.index + 1].parent == row.index
    }

    private mutating func turnDetail(by step: Int) {
        let all = DetailKind.allCases
        guard let now = detail, let place = all.firstIndex(of: now) else {
            detail = step > 0 ? all.first : all.last
            if geometry.detailHeight == 0 {
                message = "details need a terminal with 16 lines"
                detail = nil
            }
            return settle()
        }
        detail = all[(place + step + all.count) % all.count]
        settle()
    }

    // MARK: Other modes

    private mutating func typeFilter(_ key: KeyEvent, before: String) -> Intent? {
        switch key {
        case .enter: mode = .table
        case .escape:
            mode = .table
            filter = before
            rebuild()
        case .backspace:
            if filter.isEmpty { mode = .table } else { filter.removeLast() }
            rebuild()
        case .character(let character):
            filter.append(character)
            rebuild()
        case .up: select(cursor - 1)
        case .down: select(cursor + 1)
        default: break
        }
        return nil
    }

    /// The columns that can be hidden.
    static let optionalColumns = Column.allCases.filter { $0 != .cgroup }

    private mutating func pickColumn(_ key: KeyEvent, _ cursor: Int) -> Intent? {
        let last = Self.optionalColumns.count - 1
        switch key {
        case .up, .character("k"): mode = .columns(cursor: max(cursor - 1, 0))
        case .down, .character("j"): mode = .columns(cursor: min(cursor + 1, last))
        case .home: mode = .columns(cursor: 0)
        case .end: mode = .columns(cursor: last)
        case .enter, .character(" "):
            layout.columns.formSymmetricDifference([Self.optionalColumns[cursor]])
        case .escape, .character("f"), .character("q"): mode = .table
        case .character("s"): return .saveLayout
        default: break
        }
        return nil
    }

    private mutating func scroll(
        _ key: KeyEvent, _ top: Int, closing: Set<Character>, _ at: (Int) -> Mode
    ) -> Intent? {
        let page = max(geometry.wholeHeight - 2, 1)
        let lines =
            switch mode {
            case .help: HelpText.lines.count
            case .explanation: explanation?.lines.count ?? 0
            case .events: events.count
            default: processes.count
            }
        // The head of the process list takes a line of its own.
        let last = max(0, lines - page)
        switch key {
        case .up, .character("k"): mode = at(max(top - 1, 0))
        case .down, .character("j"): mode = at(min(top + 1, last))
        case .pageUp: mode = at(max(top - page, 0))
        case .pageDown, .character(" "): mode = at(min(top + page, last))
        case .home, .character("g"): mode = at(0)
        case .end, .character("G"): mode = at(last)
        case .escape, .function(1), .character("q"): mode = .table
        case .character(let character) where closing.contains(character): mode = .table
        default: break
        }
        return nil
    }
}
