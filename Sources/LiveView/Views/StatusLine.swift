import CgroupModel

/// The bottom line: a message, the filter being typed, or the keys of the current mode.
enum StatusLine {
    static func draw(_ model: LiveModel, into frame: inout Frame) {
        let row = model.geometry.statusRow
        let width = frame.size.columns
        frame.fill(row: row, style: .hint)
        if case .filter = model.mode {
            let text = " Filter: " + model.filter.onOneLine + "▏"
            frame.put(text, row: row, column: 0, style: .hint)
            let hint = "Enter keeps  Esc reverts "
            if CellWidth.of(text) + hint.count < width {
                frame.putRight(hint, row: row, column: 0, style: .hint, width: width)
            }
            return
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

    private static func hints(_ model: LiveModel) -> [(String, String)] {
        switch model.mode {
        case .columns:
            [("Space", "on or off"), ("s", "save"), ("Esc", "close")]
        case .help, .processes, .explanation, .events:
            [("Esc", "back"), ("arrows", "scroll")]
        case .table, .filter, .time:
            [
                ("h", "Help"), ("q", "Quit"), ("/", "Filter"),
                ("F5", model.layout.tree ? "List" : "Tree"), ("Enter", "Fold"),
                ("Tab", model.detail == nil ? "Detail" : "Next"), ("z", "Procs"), ("x", "Why"),
                ("e", "Events"),
                ("f", "Columns"), ("Z", model.isPaused ? "Resume" : "Pause"),
                ("[ ]", "Step"), ("{ }", "Jump"), ("g", "Go to time"), ("ptcmi", "Sort"), ("r", "Reverse"), ("%", "CPU time"),
                ("+ -", "Interval"), ("s", "Save"),
            ].filter { (key, _) in
                switch key {
                case "[ ]", "{ }": model.isPaused || model.isReplay
                case "g": model.isReplay
                default: true
                }
            }
        }
    }
}
