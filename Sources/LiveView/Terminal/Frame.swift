import CgroupModel

/// The contents of one refresh: text at positions, later text over earlier.
///
/// A frame clips all text to its size and escapes control characters. No view can therefore draw
/// outside the terminal or send it an escape sequence.
package struct Frame: Hashable, Sendable {
    /// Text of one style on one line.
    package struct Run: Hashable, Sendable {
        /// The line, from 0.
        package let row: Int
        /// The cell, from 0.
        package let column: Int
        /// The text, which fits into the line.
        package let text: String
        /// The style.
        package let style: Style
    }

    /// The size in cells.
    package let size: ScreenSize
    /// The runs in drawing order.
    package private(set) var runs: [Run] = []

    /// Creates an empty frame.
    package init(size: ScreenSize) { self.size = size }

    /// Adds text, clipped to the line and to `width` cells.
    package mutating func put(
        _ text: String, row: Int, column: Int, style: Style = .plain, width: Int = .max
    ) {
        guard row >= 0, row < size.rows, column >= 0, column < size.columns else { return }
        let room = min(width, size.columns - column)
        guard room > 0, !text.isEmpty else { return }
        runs.append(
            Run(
                row: row, column: column, text: CellWidth.clipped(text.onOneLine, to: room),
                style: style))
    }

    /// Adds text right-aligned in a field.
    mutating func putRight(
        _ text: String, row: Int, column: Int, style: Style = .plain, width: Int
    ) {
        let own = CellWidth.of(text)
        put(
            text, row: row, column: column + max(0, width - own), style: style,
            width: min(own, width))
    }

    /// Fills a line, or part of it, with one style.
    mutating func fill(row: Int, column: Int = 0, width: Int = .max, style: Style) {
        let count = min(width, size.columns - column)
        guard count > 0 else { return }
        put(String(repeating: " ", count: count), row: row, column: column, style: style)
    }

    /// The frame as text, one string per line, without trailing spaces.
    package var lines: [String] {
        var cells = [[String]](
            repeating: [String](repeating: " ", count: size.columns), count: size.rows)
        for run in runs {
            var column = run.column
            for character in run.text {
                let width = CellWidth.of(String(character))
                guard column < size.columns else { break }
                cells[run.row][column] = String(character)
                // The second half of a wide character is not a cell of its own.
                if width == 2, column + 1 < size.columns { cells[run.row][column + 1] = "" }
                column += width
            }
        }
        return cells.map { line in
            let text = line.joined()
            return String(text.reversed().drop { $0 == " " }.reversed())
        }
    }
}
