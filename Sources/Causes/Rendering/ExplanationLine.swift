/// A line of an explanation, for a terminal.
package struct ExplanationLine: Hashable, Sendable {
    /// The kind of line, for its style.
    package enum Kind: Sendable {
        /// The most important finding, on the first line.
        case verdict
        /// A title of a section, or another finding.
        case heading
        /// A row of values.
        case row
    }

    /// The kind.
    package let kind: Kind
    /// The text, with its indentation.
    package let text: String

    init(_ kind: Kind, _ text: String) {
        self.kind = kind
        self.text = text
    }

    /// Lays out rows with equal columns; the last cell of a row is not padded.
    ///
    /// Only the last cell contains a path, whose characters may be wide.
    static func table(_ rows: [[String]], indent: String = "  ") -> [ExplanationLine] {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in
            rows.map { column < $0.count - 1 ? $0[column].count : 0 }.max() ?? 0
        }
        return rows.map { row in
            let cells = row.enumerated().map { column, cell in
                column == row.count - 1
                    ? cell
                    : cell + String(repeating: " ", count: max(0, widths[column] - cell.count))
            }
            return ExplanationLine(.row, indent + cells.joined(separator: "  "))
        }
    }
}
