internal import LiveView

/// A table that fits a width by dropping or cutting columns, named by the cells of its first row.
struct FittedTable {
    private var rows: [[String]]

    /// Creates a table of a row of names and rows of as many cells.
    init(_ rows: [[String]]) { self.rows = rows }

    var text: String { LeftTable(rows).text }

    private func column(_ name: String) -> Int? { rows.first?.firstIndex(of: name) }

    private func width(of column: Int) -> Int { rows.map { CellWidth.of($0[column]) }.max() ?? 0 }

    private var width: Int {
        guard let head = rows.first else { return 0 }
        return head.indices.map { width(of: $0) }.reduce(0, +) + 2 * (head.count - 1)
    }

    /// Removes a column if the table is wider than `most`.
    mutating func drop(_ name: String, unlessWithin most: Int) {
        guard width > most, let column = column(name) else { return }
        for row in rows.indices { rows[row].remove(at: column) }
    }

    /// Cuts a column so that the table fits, but to no less than eight character cells.
    mutating func cut(_ name: String, within most: Int) {
        guard width > most, let column = column(name) else { return }
        let left = max(8, width(of: column) - (width - most))
        for row in rows.indices where CellWidth.of(rows[row][column]) > left {
            rows[row][column] = CellWidth.clipped(rows[row][column], to: left - 1) + "…"
        }
    }
}
