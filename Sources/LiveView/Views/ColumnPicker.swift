/// A list over the table that shows and hides columns.
enum ColumnPicker {
    static func draw(_ model: LiveModel, cursor: Int, into frame: inout Frame) {
        let columns = LiveModel.optionalColumns
        let geometry = model.geometry
        let height = min(columns.count, geometry.timeRow - geometry.headRow - 2)
        let width = min(frame.size.columns - 4, 58)
        let left = (frame.size.columns - width) / 2
        let top = geometry.headRow + 1
        guard height > 0, width > 20 else { return }
        let inner = width - 2
        let first = min(max(cursor - height + 1, 0), columns.count - height)
        Box.draw(
            "Columns", row: top - 1, column: left, width: width, height: height, above: first,
            below: columns.count - first - height, into: &frame)
        let shown = model.table.places
        for place in 0..<height {
            let column = columns[first + place]
            let isWanted = model.layout.columns.contains(column)
            let fits = shown.contains { $0.column == column }
            let title = column.facts.title
            let gap = String(repeating: " ", count: max(8 - title.count, 1))
            let remark = isWanted && !fits ? "(no room) " : ""
            let text = " [\(isWanted ? "x" : " ")] \(title)\(gap)\(remark)\(column.help)"
            let row = top + place
            let style: Style = first + place == cursor ? .selected : .plain
            frame.fill(row: row, column: left + 1, width: inner, style: style)
            frame.put(
                CellWidth.ellipsised(text, to: inner - 1), row: row, column: left + 1,
                style: style)
        }
    }
}
