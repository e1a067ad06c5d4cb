/// The size of a terminal in character cells.
package struct ScreenSize: Hashable, Sendable {
    /// The number of lines.
    package let rows: Int
    /// The number of cells in a line.
    package let columns: Int

    /// Creates a size in lines and cells.
    package init(rows: Int, columns: Int) {
        self.rows = rows
        self.columns = columns
    }
}

/// The terminal operations that the live view needs; used from one thread only.
package protocol Screen: AnyObject {
    /// The current size.
    var size: ScreenSize { get }
    /// Starts an empty frame.
    func clear()
    /// Draws text, which fits into the line, at a position.
    func draw(_ text: String, row: Int, column: Int, style: Style)
    /// Writes the drawn frame to the terminal.
    func refresh()
    /// Makes the next refresh repaint every cell, whatever the terminal is assumed to show.
    func invalidate()
    /// Waits for a key; nil after the timeout.
    func readKey(timeoutMilliseconds: Int) -> KeyEvent?
}

extension Screen {
    /// Draws and shows a complete frame.
    func present(_ frame: Frame) {
        clear()
        for run in frame.runs {
            draw(run.text, row: run.row, column: run.column, style: run.style)
        }
        refresh()
    }
}
