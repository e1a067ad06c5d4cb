/// Draws the list of all keys and columns, which replaces the table.
enum HelpPane {
    static func draw(top: Int, _ geometry: Geometry, into frame: inout Frame) {
        let row = geometry.headRow
        frame.fill(row: row, style: .head)
        frame.put(" Help", row: row, column: 0, style: .head)
        let height = max(geometry.timeRow - row - 1, 0)
        let rest = HelpText.lines.count - top - height
        if rest > 0 {
            frame.putRight(
                "\(rest) more below ", row: row, column: 0, style: .head,
                width: frame.size.columns)
        }
        for (place, line) in HelpText.lines.dropFirst(top).prefix(height).enumerated() {
            let here = row + 1 + place
            if line.name.isEmpty {
                frame.put(line.text, row: here, column: 1, style: .strong)
            } else {
                frame.put(line.name, row: here, column: 3, style: .label)
                let room = max(frame.size.columns - 16, 0)
                frame.put(CellWidth.ellipsised(line.text, to: room), row: here, column: 15)
            }
        }
    }
}
