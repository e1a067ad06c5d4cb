import CgroupModel

/// The table of cgroups: the heads and the visible rows.
enum TableView {
    /// Draws the table; `now` is in microseconds since 1970.
    static func draw(
        _ model: LiveModel, _ snapshot: Snapshot, now: UInt64, into frame: inout Frame
    ) {
        let geometry = model.geometry
        let table = model.table
        heads(table, model.layout, row: geometry.headRow, into: &frame)
        let end = min(model.top + geometry.tableHeight, model.rows.count)
        for place in min(model.top, end)..<end {
            let line = geometry.tableTop + place - model.top
            row(
                model.rows[place], model, snapshot, table, line: line, now: now,
                isSelected: place == model.cursor, into: &frame)
        }
        if model.rows.isEmpty {
            let text =
                model.filter.isEmpty
                ? model.visibility == .all ? "no cgroups" : model.visibility.message
                : "no cgroup matches the filter; \\ clears it"
            frame.put(text, row: geometry.tableTop, column: 1, style: .dim)
        }
    }

    /// The style of a pressure in hundredths of a percent.
    static func pressureStyle(_ figure: Figure) -> Style {
        guard let number = figure.number, number > 0 else { return .dim }
        return number >= 4000 ? .critical : number >= 1000 ? .warn : .plain
    }

    private static func heads(
        _ table: TableLayout, _ layout: Layout, row: Int, into frame: inout Frame
    ) {
        frame.fill(row: row, style: .head)
        let sorting = layout.sort.columns
        for place in table.places {
            let isTime = place.column == .cpu && !layout.percent
            let title = isTime ? "CPUtim" : place.column.facts.title
            let style: Style = sorting.contains(place.column) ? .sortedHead : .head
            if [.cgroup, .owner, .state].contains(place.column) {
                frame.put(
                    title, row: row, column: place.start, style: style, width: place.width)
            } else {
                frame.putRight(
                    title, row: row, column: place.start, style: style, width: place.width)
            }
        }
    }

    private static func row(
        _ row: TreeRow, _ model: LiveModel, _ snapshot: Snapshot, _ table: TableLayout, line: Int,
        now: UInt64, isSelected: Bool, into frame: inout Frame
    ) {
        if isSelected { frame.fill(row: line, style: .selected) }
        let isDead = snapshot.departed.contains(row.id.generation)
        let isMarked = model.marked.contains(row.id)
        // The style of a cell, from the style for its value.
        let style: (Style) -> Style = { own in
            isSelected ? own.whenSelected : isDead ? .dim : own
        }
        let figures = CgroupFigures(snapshot, row.index)
        let layout = model.layout
        for place in table.places {
            switch place.column {
            case .cgroup:
                // The column for marks exists only while there are some.
                let start = model.marked.isEmpty ? 0 : 2
                if isMarked { frame.put("*", row: line, column: 0, style: style(.marked)) }
                name(
                    row, model, line: line, start: start, width: place.width - start,
                    guideStyle: style(.dim), style: style(isMarked ? .marked : .plain),
                    into: &frame)
            case .owner:
                let owner = model.owner(of: row)
                frame.put(
                    CellWidth.ellipsised(owner ?? "-", to: place.width), row: line,
                    column: place.start, style: style(owner == nil ? .dim : .plain),
                    width: place.width)
            case .state:
                let state = model.state(of: row, now: now)
                let own: Style = state == nil ? .dim : state == "under oom" ? .critical : .warn
                // It is the last column, so a long one may use the rest of the line.
                let isLast = place == table.places.last
                frame.put(
                    state ?? "-", row: line, column: place.start, style: style(own),
                    width: isLast ? .max : place.width)
            default:
                cell(
                    place, figures.figure(place.column, percent: layout.percent), layout,
                    line: line, style: style, into: &frame)
            }
        }
    }

    private static func name(
        _ row: TreeRow, _ model: LiveModel, line: Int, start: Int, width: Int, guideStyle: Style,
        style: Style, into frame: inout Frame
    ) {
        var guides = row.guides(narrow: width < 40)
        // Keeps room for the name in a deep row.
        let most = max(width - 12, 0)
        if CellWidth.of(guides) > most {
            guides = most > 0 ? "…" + String(guides.suffix(most - 1)) : ""
        }
        if row.folded > 0 {
            guides = guides.hasSuffix("─ ") ? guides.dropLast(2) + "▸ " : guides + "▸ "
        }
        frame.put(guides, row: line, column: start, style: guideStyle, width: width)
        let inset = CellWidth.of(guides)
        let suffix = row.foldNote
        let room = max(width - inset - suffix.count, 0)
        let text = model.label(of: row)
        // Paths in a list differ at their ends.
        let label =
            model.layout.tree
            ? CellWidth.middleEllipsised(text, to: room) : CellWidth.startEllipsised(text, to: room)
        frame.put(
            label, row: line, column: start + inset, style: style, width: max(width - inset, 0))
        frame.put(
            suffix, row: line, column: start + inset + CellWidth.of(label), style: guideStyle,
            width: max(width - inset - CellWidth.of(label), 0))
    }

    private static func cell(
        _ place: TableLayout.Place, _ figure: Figure, _ layout: Layout, line: Int,
        style whole: (Style) -> Style, into frame: inout Frame
    ) {
        let style = whole(style(place.column, figure))
        if place.column == .memoryShare {
            // The number takes five cells at the right, the bar the rest.
            if let number = figure.number {
                frame.put(
                    Bar.filled(number / 100, width: place.width - 6), row: line,
                    column: place.start, style: style)
            }
            frame.putRight(
                figure.text(Quantity.percent), row: line, column: place.start, style: style,
                width: place.width)
            return
        }
        frame.putRight(
            place.column.text(figure, percent: layout.percent), row: line, column: place.start,
            style: style, width: place.width)
    }

    private static func style(_ column: Column, _ figure: Figure) -> Style {
        guard let number = figure.number else {
            return figure == .without(.malformed) ? .critical : .dim
        }
        guard number > 0 else { return .dim }
        return switch column {
        case .cpu: number >= 50 ? .strong : number < 0.05 ? .dim : .plain
        case .throttled: number >= 25 ? .critical : .warn
        case .memoryShare: .level(number / 100)
        case .pressureCPU, .pressureMemory, .pressureIO, .fullMemory, .fullIO:
            pressureStyle(figure)
        case .oom: .critical
        default: .plain
        }
    }
}
