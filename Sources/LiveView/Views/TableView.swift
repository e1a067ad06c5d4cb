import CgroupModel

/// The table of cgroups: the heads and the visible rows.
enum TableView {
    static func draw(_ model: LiveModel, _ snapshot: Snapshot, into frame: inout Frame) {
        let geometry = model.geometry
        let table = TableLayout(width: frame.size.columns, wanted: model.layout.columns)
        heads(table, model.layout, row: geometry.headRow, into: &frame)
        let end = min(model.top + geometry.tableHeight, model.rows.count)
        for place in min(model.top, end)..<end {
            let line = geometry.tableTop + place - model.top
            row(
                model.rows[place], text(model.rows[place], model, snapshot), model.layout, snapshot,
                table, line: line,
                isSelected: place == model.cursor, into: &frame)
        }
        if model.rows.isEmpty {
            let text =
                model.filter.isEmpty
                ? "no cgroups" : "no cgroup matches the filter; \\ clears it"
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
        let sorting: Set<Column> =
            switch layout.sort {
            case .path: [.cgroup]
            case .tasks: [.tasks]
            case .cpu: [.cpu]
            case .memory: [.memory]
            case .io: [.read, .written]
            }
        for place in table.places {
            let isTime = place.column == .cpu && !layout.percent
            let title = isTime ? "CPUtim" : place.column.facts.title
            let style: Style = sorting.contains(place.column) ? .sortedHead : .head
            if place.column == .cgroup || place.column == .state {
                frame.put(
                    title, row: row, column: place.start, style: style, width: place.width)
            } else {
                frame.putRight(
                    title, row: row, column: place.start, style: style, width: place.width)
            }
        }
    }

    private static func row(
        _ row: TreeRow, _ text: String, _ layout: Layout, _ snapshot: Snapshot,
        _ table: TableLayout, line: Int, isSelected: Bool, into frame: inout Frame
    ) {
        if isSelected { frame.fill(row: line, style: .selected) }
        let isDead = snapshot.departed.contains(row.id.generation)
        // One style for the whole line; nil leaves the choice to each cell.
        let whole: Style? = isSelected ? .selected : isDead ? .dim : nil
        let figures = CgroupFigures(snapshot, row.index)
        for place in table.places {
            switch place.column {
            case .cgroup:
                name(
                    row, text, line: line, width: place.width, whole: whole, into: &frame)
            case .state:
                let state = figures.state
                let style: Style =
                    state == nil ? .dim : state == "under oom" ? .critical : .warn
                frame.put(
                    state ?? "-", row: line, column: place.start,
                    style: whole ?? style, width: place.width)
            default:
                cell(
                    place, figures.figure(place.column, percent: layout.percent), layout,
                    line: line, whole: whole, into: &frame)
            }
        }
    }

    /// The readable name of a cgroup; in a list, after its parent's path.
    ///
    /// The detail pane shows the full path of the selected cgroup.
    private static func text(_ row: TreeRow, _ model: LiveModel, _ snapshot: Snapshot) -> String {
        let path = snapshot.cgroups[row.index].path
        let title = model.titles[row.index]
        if model.layout.tree {
            return (title ?? UnitName.readable(path.name)).onOneLine
        }
        guard let title, let parent = path.parent else {
            return path.description
        }
        return ((parent.isRoot ? "" : parent.description) + "/" + title).onOneLine
    }

    private static func name(
        _ row: TreeRow, _ text: String, line: Int, width: Int, whole: Style?,
        into frame: inout Frame
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
        frame.put(
            guides, row: line, column: 0, style: whole ?? .dim, width: width)
        let start = CellWidth.of(guides)
        let suffix = row.folded > 0 ? " (+\(row.folded))" : ""
        let room = max(width - start - suffix.count, 0)
        let label = CellWidth.middleEllipsised(text, to: room)
        frame.put(
            label, row: line, column: start, style: whole ?? .plain,
            width: max(width - start, 0))
        frame.put(
            suffix, row: line, column: start + CellWidth.of(label),
            style: whole ?? .dim,
            width: max(width - start - CellWidth.of(label), 0))
    }

    private static func cell(
        _ place: TableLayout.Place, _ figure: Figure, _ layout: Layout, line: Int,
        whole: Style?, into frame: inout Frame
    ) {
        let style = whole ?? style(place.column, figure)
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
        case .pressureCPU, .pressureMemory, .pressureIO: pressureStyle(figure)
        case .oom: .critical
        default: .plain
        }
    }
}
