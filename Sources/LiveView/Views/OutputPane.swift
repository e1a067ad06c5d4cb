import CgroupModel

/// The output of a command, which replaces the table.
enum OutputPane {
    static func draw(_ model: LiveModel, top: Int, into frame: inout Frame) {
        let geometry = model.geometry
        let width = frame.size.columns
        let row = geometry.headRow
        let lines = model.output.lines
        frame.fill(row: row, style: .head)
        let height = max(geometry.timeRow - row - 1, 0)
        let top = min(top, max(lines.count - height, 0))
        let rest = lines.count - top - height
        let more = rest > 0 ? "\(rest) more below " : ""
        frame.put(
            CellWidth.ellipsised(" " + model.output.title.onOneLine, to: width - more.count - 1),
            row: row, column: 0, style: .head)
        frame.putRight(more, row: row, column: 0, style: .head, width: width)
        for (place, line) in lines.dropFirst(top).prefix(height).enumerated() {
            frame.put(
                CellWidth.ellipsised(line.onOneLine, to: max(width - 2, 0)), row: row + 1 + place,
                column: 1)
        }
    }
}
