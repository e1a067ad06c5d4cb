import CgroupModel

/// The newest events, which replace the table.
enum EventPane {
    static func draw(_ model: LiveModel, top: Int, into frame: inout Frame) {
        let geometry = model.geometry
        let width = frame.size.columns
        let row = geometry.headRow
        frame.fill(row: row, style: .head)
        frame.put(" Events, the newest first", row: row, column: 0, style: .head)
        if !model.events.isEmpty {
            frame.putRight(
                "\(model.events.count) ", row: row, column: 0, style: .head, width: width)
        }
        if model.events.isEmpty {
            let note = model.isReplay ? "a recording has no events" : "no events yet"
            frame.put(note, row: row + 1, column: 1, style: .dim)
        }
        let height = max(geometry.timeRow - row - 1, 0)
        let top = min(top, max(model.events.count - height, 0))
        for (place, line) in model.events.dropFirst(top).prefix(height).enumerated() {
            frame.put(
                CellWidth.ellipsised(line.onOneLine, to: max(width - 2, 0)), row: row + 1 + place,
                column: 1)
        }
    }
}
