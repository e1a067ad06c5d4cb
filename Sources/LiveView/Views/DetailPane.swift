import CgroupModel

/// The lower part of the screen: charts and values of the selected cgroup.
enum DetailPane {
    /// The width of the charts, which is also the number of values to fetch.
    static func chartWidth(_ columns: Int) -> Int { max(columns * 2 / 5 - 2, 10) }

    static func draw(
        _ kind: DetailKind, _ model: LiveModel, _ snapshot: Snapshot, _ scene: Scene,
        into frame: inout Frame
    ) {
        let geometry = model.geometry
        tabs(kind, model, snapshot, row: geometry.detailTop, into: &frame)
        guard let index = model.selectedRow?.index else { return }
        let top = geometry.detailTop + 1
        let height = geometry.detailHeight - 1
        let charts = kind.charts
        var start = 1
        if !charts.isEmpty {
            let width = chartWidth(frame.size.columns)
            for (place, chart) in charts.enumerated() {
                let from = place * height / charts.count
                let to = (place + 1) * height / charts.count
                let values = scene.series.indices.contains(place) ? scene.series[place] : []
                draw(
                    chart, values, scene.marks, row: top + from, height: to - from, column: 1,
                    width: width, into: &frame)
            }
            start = width + 3
        }
        draw(
            kind.rows(snapshot, index), row: top, height: height, column: start, into: &frame)
    }

    private static func tabs(
        _ kind: DetailKind, _ model: LiveModel, _ snapshot: Snapshot, row: Int,
        into frame: inout Frame
    ) {
        frame.fill(row: row, style: .head)
        var column = 0
        for other in DetailKind.allCases {
            let text = " \(other.title) "
            frame.put(text, row: row, column: column, style: other == kind ? .sortedHead : .head)
            column += text.count
        }
        guard let index = model.selectedRow?.index else { return }
        let path = snapshot.cgroups[index].path.description
        let width = max(frame.size.columns - column - 2, 0)
        frame.putRight(
            CellWidth.middleEllipsised(path, to: width), row: row, column: column + 1,
            style: .head, width: width)
    }

    private static func draw(
        _ chart: Chart, _ values: [Double?], _ marks: [Bool], row: Int, height: Int, column: Int,
        width: Int, into frame: inout Frame
    ) {
        guard height > 1 else { return }
        let shown = values.suffix(width).compactMap { $0 }
        let highest = shown.max()
        let now = (values.last ?? nil).map(chart.text) ?? "-"
        frame.put("\(chart.title) ", row: row, column: column, style: .label)
        frame.put(
            now, row: row, column: column + CellWidth.of(chart.title) + 1, style: .strong)
        if let highest {
            frame.putRight(
                "peak " + chart.text(highest), row: row, column: column, style: .dim,
                width: width)
        }
        let lines = Sparkline.lines(
            values, width: width, height: height - 1, ceiling: max(highest ?? 0, chart.floor))
        for (place, line) in lines.enumerated() {
            frame.put(line, row: row + 1 + place, column: column, style: .chart, width: width)
        }
        let shownMarks = marks.suffix(width)
        for (place, isMarked) in zip((width - shownMarks.count)..., shownMarks) where isMarked {
            frame.put("▾", row: row + 1, column: column + place, style: .warn, width: 1)
        }
    }

    /// Lays out the rows in one column, or in two if there are many and the terminal is wide.
    private static func draw(
        _ rows: [DetailRow], row: Int, height: Int, column: Int, into frame: inout Frame
    ) {
        let room = frame.size.columns - column
        let hasRemarks = rows.contains { !$0.remark.isEmpty && $0.share == nil }
        let lanes = rows.count > height && room >= (hasRemarks ? 110 : 64) ? 2 : 1
        let width = room / lanes - (lanes > 1 ? 1 : 0)
        let label = min((rows.map { CellWidth.of($0.label) }.max() ?? 0) + 1, width / 2)
        for (place, entry) in rows.prefix(height * lanes).enumerated() {
            let line = row + place % height
            let start = column + place / height * (width + 1)
            frame.put(
                CellWidth.ellipsised(entry.label, to: label), row: line, column: start,
                style: entry.style == .dim ? .dim : .label)
            let isLong = CellWidth.of(entry.value) > 7
            let value = isLong ? max(width - label, 0) : 7
            if isLong {
                frame.put(
                    CellWidth.ellipsised(entry.value, to: value), row: line,
                    column: start + label, style: entry.style, width: value)
                continue
            }
            frame.putRight(
                entry.value, row: line, column: start + label, style: entry.style, width: value)
            let after = start + label + value + 1
            let left = max(width - label - value - 1, 0)
            if let share = entry.share {
                frame.put(
                    Bar.filled(share, width: min(left, 30)), row: line, column: after,
                    style: .chart, width: left)
            } else {
                frame.put(
                    CellWidth.ellipsised(entry.remark, to: left), row: line, column: after,
                    style: entry.style == .plain ? .dim : entry.style, width: left)
            }
        }
    }
}
