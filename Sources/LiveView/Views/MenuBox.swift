import CgroupModel

/// A list of choices over the table.
enum MenuBox {
    static func draw(_ menu: Menu, _ geometry: Geometry, into frame: inout Frame) {
        let room = geometry.timeRow - geometry.headRow - 2
        let height = min(menu.items.count, room)
        let width = min(frame.size.columns - 4, 72)
        guard height > 0, width > 20 else { return }
        let left = (frame.size.columns - width) / 2
        let top = geometry.headRow
        let first = min(max(menu.cursor - height + 1, 0), menu.items.count - height)
        Box.draw(
            menu.title, row: top, column: left, width: width, height: height, above: first,
            below: menu.items.count - first - height, into: &frame)
        let names = menu.items.reduce(0) { max($0, CellWidth.of($1.name)) }
        for place in 0..<height {
            let item = menu.items[first + place]
            let key = item.key.map { "\($0)  " } ?? ""
            let text =
                " \(key)\(item.name)\(CellWidth.padding(item.name, to: names))  \(item.note)"
            let style: Style = first + place == menu.cursor ? .selected : .plain
            let row = top + 1 + place
            frame.fill(row: row, column: left + 1, width: width - 2, style: style)
            frame.put(
                CellWidth.ellipsised(text.onOneLine, to: width - 3), row: row, column: left + 1,
                style: style)
        }
    }
}
