import CgroupModel

/// The processes of one cgroup, which replace the table.
enum ProcessPane {
    static func draw(
        _ model: LiveModel, _ snapshot: Snapshot, top: Int, into frame: inout Frame
    ) {
        let geometry = model.geometry
        let width = frame.size.columns
        let row = geometry.headRow
        frame.fill(row: row, style: .head)
        let path = model.selectedRow.map { snapshot.cgroups[$0.index].path.description } ?? "-"
        let title = " Processes of \(path)"
        let list = model.processes
        let count = list.hasArrived && !model.isReplay ? "\(list.rows.count) " : ""
        frame.put(
            CellWidth.middleEllipsised(title, to: max(width - count.count - 1, 0)), row: row,
            column: 0, style: .head)
        frame.putRight(count, row: row, column: 0, style: .head, width: width)
        let heads = ["PID", "User", "%CPU", "Memory", "Command"]
        line(heads, row: row + 1, style: .label, commandStyle: .label, into: &frame)
        if list.rows.isEmpty {
            let note =
                model.isReplay
                ? "a recording has no processes"
                : list.hasArrived
                    ? "no processes of its own; its descendants may have some"
                    : "listing processes"
            frame.put(note, row: row + 2, column: 1, style: .dim)
        }
        let height = max(geometry.timeRow - row - 2, 0)
        // Processes may have exited since the list was scrolled.
        let top = min(top, max(list.rows.count - height, 0))
        for (place, process) in list.rows.dropFirst(top).prefix(height).enumerated() {
            let depth = min(list.depths[top + place], 20)
            let guide = depth > 0 ? String(repeating: "  ", count: depth - 1) + "└ " : ""
            let cells = [
                "\(process.pid)", process.user,
                process.cpuPercent.map { Quantity.percent($0) } ?? "-",
                process.memoryBytes.map { Quantity.bytes(Double($0)) } ?? "-",
                guide + process.command,
            ]
            let style: Style = top + place == list.cursor ? .selected : .plain
            if style == .selected { frame.fill(row: row + 2 + place, style: style) }
            line(cells, row: row + 2 + place, style: style, commandStyle: style, into: &frame)
        }
    }

    private static func line(
        _ cells: [String], row: Int, style: Style, commandStyle: Style, into frame: inout Frame
    ) {
        let texts = cells.map { $0.onOneLine }
        frame.putRight(texts[0], row: row, column: 0, style: style, width: 8)
        frame.put(CellWidth.ellipsised(texts[1], to: 10), row: row, column: 9, style: style)
        frame.putRight(texts[2], row: row, column: 20, style: style, width: 6)
        frame.putRight(texts[3], row: row, column: 27, style: style, width: 7)
        let room = max(frame.size.columns - 35, 0)
        frame.put(
            CellWidth.ellipsised(texts[4], to: room), row: row, column: 35, style: commandStyle)
    }
}
