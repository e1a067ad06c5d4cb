import CgroupModel

/// Everything that one refresh shows: text at places, later text over earlier.
///
/// Whatever is put into a frame is clipped to it and made safe, so no view can draw outside the
/// terminal or give it a control character.
public struct Frame: Hashable, Sendable {
    /// Text of one style in one line.
    public struct Run: Hashable, Sendable {
        /// The line, from 0.
        public let row: Int
        /// The cell, from 0.
        public let column: Int
        /// The text; fits into the line.
        public let text: String
        /// What it means.
        public let style: Style
    }

    /// How large it is.
    public let size: ScreenSize
    /// The texts in drawing order.
    public private(set) var runs: [Run] = []

    /// An empty frame.
    public init(size: ScreenSize) { self.size = size }

    /// Puts text, clipped to the line and to `width` cells.
    public mutating func put(
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

    /// Puts text at the right edge of a field.
    mutating func putRight(
        _ text: String, row: Int, column: Int, style: Style = .plain, width: Int
    ) {
        let own = CellWidth.of(text)
        put(
            text, row: row, column: column + max(0, width - own), style: style,
            width: min(own, width))
    }

    /// Fills a line, or a part of it, with one style.
    mutating func fill(row: Int, column: Int = 0, width: Int = .max, style: Style) {
        let count = min(width, size.columns - column)
        guard count > 0 else { return }
        put(String(repeating: " ", count: count), row: row, column: column, style: style)
    }

    /// The frame as text, one string a line, without trailing blanks.
    public var lines: [String] {
        var cells = [[String]](
            repeating: [String](repeating: " ", count: size.columns), count: size.rows)
        for run in runs {
            var column = run.column
            for character in run.text {
                let width = CellWidth.of(String(character))
                guard column < size.columns else { break }
                cells[run.row][column] = String(character)
                // The second half of a wide character is no cell of its own.
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
