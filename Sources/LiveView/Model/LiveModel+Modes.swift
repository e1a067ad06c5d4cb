import Causes
import CgroupModel

extension LiveModel {
    mutating func typeFilter(_ key: KeyEvent, before: String) -> Intent? {
        switch key {
        case .enter:
            if let filterProblem { message = filterProblem } else { mode = .table }
        case .escape:
            mode = .table
            filter = before
            rebuild()
        case .backspace:
            if filter.isEmpty { mode = .table } else { filter.removeLast() }
            rebuild()
        case .eraseLine, .eraseWord:
            filter = key == .eraseLine ? "" : String(filter.prefix(LineEditor.wordStart(filter)))
            rebuild()
        case .character(let character):
            filter.append(character)
            rebuild()
        case .up: move(to: cursor - 1)
        case .down: move(to: cursor + 1)
        default: break
        }
        return nil
    }

    /// The columns that can be hidden.
    static let optionalColumns = Column.allCases.filter { $0 != .cgroup }

    mutating func pickColumn(_ key: KeyEvent, _ cursor: Int) -> Intent? {
        let last = Self.optionalColumns.count - 1
        switch key {
        case .up, .character("k"): mode = .columns(cursor: max(cursor - 1, 0))
        case .down, .character("j"): mode = .columns(cursor: min(cursor + 1, last))
        case .home: mode = .columns(cursor: 0)
        case .end: mode = .columns(cursor: last)
        case .enter, .character(" "):
            layout.set = .overview
            layout.columns.formSymmetricDifference([Self.optionalColumns[cursor]])
        case .escape, .character("f"), .character("q"), .function(2): mode = .table
        case .character("s"): return .saveLayout
        default: break
        }
        return nil
    }

    mutating func scroll(
        _ key: KeyEvent, _ top: Int, closing: Set<Character>, _ at: (Int) -> Mode
    ) -> Intent? {
        let page = max(geometry.wholeHeight - 2, 1)
        let lines =
            switch mode {
            case .help: HelpText.lines.count
            case .explanation: explanation?.lines.count ?? 0
            case .events: events.count
            case .output: output.lines.count
            default: 0
            }
        let last = max(0, lines - page)
        switch key {
        case .up, .character("k"): mode = at(max(top - 1, 0))
        case .down, .character("j"): mode = at(min(top + 1, last))
        case .wheelUp: mode = at(max(top - 3, 0))
        case .wheelDown: mode = at(min(top + 3, last))
        case .pageUp: mode = at(max(top - page, 0))
        case .pageDown, .character(" "): mode = at(min(top + page, last))
        case .home, .character("g"): mode = at(0)
        case .end, .character("G"): mode = at(last)
        case .escape, .function(1), .character("q"): mode = .table
        case .enter: if case .output = mode { mode = .table }
        case .character(let character) where closing.contains(character): mode = .table
        case .character: message = "no such key here; Esc goes back"
        default: break
        }
        return nil
    }
}
