import CgroupModel

/// The bottom line: a message, the line being typed, or the keys of the current mode.
enum StatusLine {
    static func draw(_ model: LiveModel, into frame: inout Frame) {
        let row = model.geometry.statusRow
        let width = frame.size.columns
        frame.fill(row: row, style: .hint)
        if case .filter = model.mode {
            let hint = model.message ?? model.filterProblem ?? "Enter keeps  Esc reverts"
            return type(" Filter: ", LineEditor(model.filter), hint, row: row, into: &frame)
        }
        if case .prompt(let prompt) = model.mode {
            let label = prompt.topic == .command ? " :" : " \(prompt.label) "
            let usual = prompt.topic == .command ? "Tab completes" : "Enter shows the plan"
            return type(label, prompt.line, model.message ?? usual, row: row, into: &frame)
        }
        if case .time(let typed) = model.mode {
            let text = " Time: " + typed.onOneLine + "▏"
            frame.put(text, row: row, column: 0, style: .hint)
            let hint = "-2h  14:02  yesterday 14:00   Enter goes  Esc closes "
            if CellWidth.of(text) + hint.count < width {
                frame.putRight(hint, row: row, column: 0, style: .hint, width: width)
            }
            return
        }
        if let message = model.message {
            frame.put(
                CellWidth.ellipsised(" " + message.onOneLine, to: width), row: row,
                column: 0, style: .hint)
            return
        }
        var column = 0
        for (key, text) in hints(model) {
            let needed = key.count + text.count + 3
            guard column + needed <= width else { break }
            frame.put(" \(key)", row: row, column: column, style: .hintKey)
            frame.put(" \(text)", row: row, column: column + key.count + 1, style: .hint)
            column += needed
        }
    }

    /// Draws a line that is being typed; cuts the start if the line is too long.
    private static func type(
        _ label: String, _ line: LineEditor, _ hint: String, row: Int, into frame: inout Frame
    ) {
        let width = frame.size.columns
        frame.put(label, row: row, column: 0, style: .hintKey)
        let start = CellWidth.of(label)
        let before = CellWidth.startEllipsised(
            line.before.onOneLine, to: max(width - start - 2, 3))
        let text = before + "▏" + line.after.onOneLine
        frame.put(text, row: row, column: start, style: .hint)
        let end = start + CellWidth.of(text)
        let room = width - end - 2
        guard room > 8 else { return }
        frame.putRight(
            CellWidth.ellipsised(hint.onOneLine, to: room) + " ", row: row, column: 0, style: .hint,
            width: width)
    }

    private static func hints(_ model: LiveModel) -> [(String, String)] {
        switch model.mode {
        case .columns:
            [("Space", "on or off"), ("s", "save"), ("Esc", "close")]
        case .processes:
            [
                ("Esc", "back"), ("c m p u", "sort"), ("t", "tree or list"), ("K", "kill"),
                ("arrows", "select"),
            ]
        case .help, .explanation, .events, .output:
            [("Esc", "back"), ("arrows", "scroll")]
        case .menu: [("Enter", "choose"), ("Esc", "close")]
        case .proposal: [("Enter", "yes"), ("Esc", "no")]
        case .table, .filter, .prompt, .time:
            [
                ("h", "Help"), ("q", "Quit"), ("a", "Act"), (":", "Command"), ("/", "Filter"),
                ("F5", model.layout.tree ? "List" : "Tree"),
                ("Tab", model.detail == nil ? "Detail" : "Next"), ("z", "Procs"), ("x", "Why"),
                ("e", "Events"), ("1-5", "Columns"), ("S", "Sort"),
                ("Z", model.isPaused ? "Resume" : "Pause"), ("[ ]", "Step"), ("{ }", "Jump"),
                ("g", "Go to time"), ("n N", "Event"), (".", "Mark"), ("u", "Undo"),
                ("Enter", "Fold"),
                ("r", "Reverse"), ("I", "Hide idle"), ("F", "Follow"), ("+ -", "Interval"),
                ("s", "Save"),
            ].filter { hint in
                switch hint.0 {
                case "[ ]", "{ }": model.isPaused || model.isReplay
                case "g", "n N": model.isReplay
                case "u": !model.undoable.isEmpty
                case "a", ":", ".": model.changeRefusal == nil
                default: true
                }
            }
        }
    }
}
