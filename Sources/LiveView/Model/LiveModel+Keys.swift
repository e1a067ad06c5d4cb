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
        case .processes(let top): return browse(key, top)
        case .explanation(let top):
            return scroll(key, top, closing: ["x"]) { .explanation(top: $0) }
        case .events(let top):
            return scroll(key, top, closing: ["e"]) { .events(top: $0) }
        case .output(let top):
            return scroll(key, top, closing: []) { .output(top: $0) }
        case .menu(let menu): return choose(key, menu)
        case .prompt(let prompt): return type(key, prompt)
        case .proposal(let top): return answer(key, top)
        }
    }

    private mutating func table(_ key: KeyEvent) -> Intent? {
        switch key {
        case .up: move(to: cursor - 1)
        case .down: move(to: cursor + 1)
        case .pageUp: move(to: cursor - geometry.tableHeight)
        case .pageDown: move(to: cursor + geometry.tableHeight)
        case .home: move(to: 0)
        case .end: move(to: rows.count - 1)
        case .wheelUp: move(to: cursor - 3)
        case .wheelDown: move(to: cursor + 3)
        case .click(let row, let column): click(row, column)
        case .left: foldOrLeave()
        case .right: setFolded(false)
        case .shiftLeft: scrollSideways(by: -1)
        case .shiftRight: scrollSideways(by: 1)
        case .enter: toggleFold()
        case .insert: mark()
        case .tab: turnDetail(by: 1)
        case .backTab: turnDetail(by: -1)
        case .escape:
            detail = nil
            settle()
        case .function(let number): return function(number)
        case .character(let character): return command(character)
        case .resize, .redraw, .hangUp, .backspace, .eraseLine, .eraseWord, .delete: break
        }
        return nil
    }

    /// Handles a function key, with the same meaning as in htop where the view has that function.
    private mutating func function(_ number: Int) -> Intent? {
        switch number {
        case 1: mode = .help(top: 0)
        case 2: mode = .columns(cursor: 0)
        case 3, 4: mode = .filter(before: filter)
        case 5: toggleTree()
        case 6: mode = .menu(.sorting(layout.sort))
        case 7, 8: return act(.limit)
        case 9: return act(.kill)
        case 10: return .quit
        default: message = Self.unknownKey
        }
        return nil
    }

    private static let unknownKey = "no such key; h for help"

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
            startOver()
        case "<": sortByNeighbor(-1)
        case ">": sortByNeighbor(1)
        case "S": mode = .menu(.sorting(layout.sort))
        case "%":
            layout.percent.toggle()
            rebuild()
        case "+": return delay(Self.longer(layout.delay))
        case "-": return delay(Self.shorter(layout.delay))
        case "j": move(to: cursor + 1)
        case "k": move(to: cursor - 1)
        case "g" where isReplay: mode = .time("")
        case "g": move(to: 0)
        case "G": move(to: rows.count - 1)
        case "(": scrollSideways(by: -1)
        case ")": scrollSideways(by: 1)
        case "h", "?": mode = .help(top: 0)
        case "s": return .saveLayout
        case "Z": return pauseOrResume
        case "[": return step(-1)
        case "]": return step(1)
        case "{": return step(-Self.jump)
        case "}": return step(Self.jump)
        case "n": return .goToEvent(.next)
        case "N": return .goToEvent(.previous)
        case "v": return .turnSummary
        case ".": mark()
        case "U": unmark()
        case "a": mode = .menu(.actions)
        case ":": openCommandLine()
        default:
            if let action = LiveAction.allCases.first(where: { $0.key == character }) {
                return act(action)
            }
            return selection(character)
        }
        return nil
    }

    /// Handles the keys that choose what is shown.
    private mutating func selection(_ character: Character) -> Intent? {
        switch character {
        case "V": toggleTree()
        case "D":
            showsDead.toggle()
            rebuild()
        case "I": hideMore()
        case "F": follow()
        case "/": mode = .filter(before: filter)
        case "\\":
            filter = ""
            rebuild()
        case "f": mode = .columns(cursor: 0)
        case "6": message = "no cgroup file counts network traffic"
        case "z", "e":
            if let limitation {
                message = limitation
            } else if character == "e" {
                mode = .events(top: 0)
            } else if selectedRow != nil {
                openProcesses()
                return .loadProcesses
            }
        case "x":
            guard selectedRow != nil else { return nil }
            openExplanation()
            return .explain
        default:
            guard let set = ColumnSet.allCases.first(where: { $0.key == character }) else {
                message = Self.unknownKey
                return nil
            }
            layout.set = set
            skippedColumns = 0
            message = "columns: \(set.title)"
        }
        return nil
    }

    /// Moves the cursor at the user's request, which ends following a row.
    mutating func move(to row: Int) {
        isFollowing = false
        select(row)
    }

    private var pauseOrResume: Intent { isPaused ? .resume : .pause }

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
}
