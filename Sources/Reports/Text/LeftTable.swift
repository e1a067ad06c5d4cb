import LiveView

/// A table with left-aligned columns; the last cell of a row is not padded.
package struct LeftTable {
    private let rows: [[String]]

    /// Creates a table of rows of cells.
    package init(_ rows: [[String]]) { self.rows = rows }

    /// The table, each row with a newline.
    package var text: String {
        let count = rows.map(\.count).max() ?? 0
        let widths = (0..<count).map { column in
            rows.map { column < $0.count - 1 ? CellWidth.of($0[column]) : 0 }.max() ?? 0
        }
        return rows.map { row in
            row.enumerated().map { column, cell in
                column == row.count - 1
                    ? cell : cell + CellWidth.padding(cell, to: widths[column])
            }.joined(separator: "  ") + "\n"
        }.joined()
    }
}
