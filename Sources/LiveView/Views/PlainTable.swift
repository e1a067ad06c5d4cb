package import CgroupModel

/// The table without a terminal: one line per cgroup, as `top --batch` prints it.
package struct PlainTable {
    private let layout: Layout
    private let raw: Bool
    private let width: Int?
    private let tasksTitle: String?
    /// The minimum width of a path in cells, even if lines then exceed the requested width.
    private static let leastPath = 20

    /// Creates a table with a layout.
    ///
    /// Numbers have units unless `raw`. Long paths are cut in the middle to fit into `width` cells;
    /// nil keeps them whole. `tasksTitle` is the title of the Tasks column where it counts
    /// processes.
    package init(
        layout: Layout, raw: Bool = false, width: Int? = nil, tasksTitle: String? = nil
    ) {
        self.layout = layout
        self.raw = raw
        self.width = width
        self.tasksTitle = tasksTitle
    }

    /// Returns the lines of the cgroups at `indices` of the snapshot, in the order of the layout.
    package func text(_ snapshot: Snapshot, _ indices: [Int], header: Bool = true) -> String {
        var flat = layout
        flat.tree = false
        let listed = Set(indices)
        let rows = TreeRows.build(snapshot, TreeRows.Options(layout: flat)).filter {
            listed.contains($0.index)
        }
        let columns = Column.allCases.filter { $0 != .cgroup && layout.columns.contains($0) }
        var cells: [[String]] = header ? [[Column.cgroup.facts.title] + columns.map(title)] : []
        for row in rows {
            let figures = CgroupFigures(snapshot, row.index)
            let path = snapshot.cgroups[row.index].path
            cells.append(
                [path.description]
                    + columns.map {
                        $0 == .owner ? CgroupIdentity(path).owner ?? "-" : cell($0, figures)
                    })
        }
        return aligned(cells)
    }

    private func title(_ column: Column) -> String {
        switch column {
        case .cpu where !layout.percent: "CPUtim"
        case .tasks: tasksTitle ?? column.facts.title
        default: column.facts.title
        }
    }

    private func cell(_ column: Column, _ figures: CgroupFigures) -> String {
        if column == .state { return figures.state ?? "-" }
        let figure = figures.figure(column, percent: layout.percent)
        guard raw else { return column.text(figure, percent: layout.percent) }
        // The kernel's hundredths of a percent are kept as whole numbers.
        let scale = column.isHundredths ? 100.0 : 1
        return figure.text { figure in
            let number = figure / scale
            return number == number.rounded() && number.magnitude < 1e15
                ? String(Int64(number)) : String((number * 1000).rounded() / 1000)
        }
    }

    private func aligned(_ rows: [[String]]) -> String {
        var widths: [Int] = []
        for row in rows {
            for (column, cell) in row.enumerated() {
                if column == widths.count { widths.append(0) }
                widths[column] = max(widths[column], CellWidth.of(cell))
            }
        }
        if let width, let path = widths.first {
            let others = widths.dropFirst().reduce(0) { $0 + $1 + 1 }
            widths[0] = min(path, max(width - others, Self.leastPath))
        }
        var text = ""
        for row in rows {
            for (column, cell) in row.enumerated() {
                if column == 0 {
                    let path = CellWidth.middleEllipsised(cell, to: widths[0])
                    text += path
                    text += CellWidth.padding(path, to: widths[0])
                } else {
                    text += " "
                    text += CellWidth.padding(cell, to: widths[column])
                    text += cell
                }
            }
            text += "\n"
        }
        return text
    }
}

extension Column {
    fileprivate var isHundredths: Bool {
        [.pressureCPU, .pressureMemory, .pressureIO, .fullMemory, .fullIO].contains(self)
    }

    /// Formats a figure of this column with its unit.
    func text(_ figure: Figure, percent: Bool) -> String {
        figure.text { number in
            switch self {
            case .tasks, .oom, .cpuWeight, .pidsMax: Quantity.count(number)
            case .cpu: percent ? Quantity.percent(number) : Quantity.duration(number)
            case .throttled, .memoryShare: Quantity.percent(number)
            case .pressureCPU, .pressureMemory, .pressureIO, .fullMemory, .fullIO:
                Quantity.hundredths(number)
            case .cpuMax: Quantity.fixed(number, 2)
            case .reads, .writes, .majorFaults: Quantity.countRate(number)
            case .memory, .swap, .read, .written, .cgroup, .owner, .state, .memoryAnon, .memoryFile,
                .memoryKernel, .memoryPeak, .memoryMax, .memoryHigh:
                Quantity.bytes(number)
            }
        }
    }
}
