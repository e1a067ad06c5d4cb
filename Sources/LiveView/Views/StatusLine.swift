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
        case .table, .filter:
            [
                ("h", "Help"), ("q", "Quit"), ("/", "Filter"),
                ("F5", model.layout.tree ? "List" : "Tree"), ("Enter", "Fold"),
                ("Tab", model.detail == nil ? "Detail" : "Next"), ("z", "Procs"), ("x", "Why"),
                ("e", "Events"),
                ("f", "Columns"), ("Z", model.isPaused ? "Resume" : "Pause"),
                ("[ ]", "Step"), ("ptcmi", "Sort"), ("r", "Reverse"), ("%", "CPU time"),
                ("+ -", "Interval"), ("s", "Save"),
            ].filter { model.isPaused || $0.0 != "[ ]" }
        }
    }
}
