/// The size of a terminal in character cells.
public struct ScreenSize: Hashable, Sendable {
    /// Lines.
    public let rows: Int
    /// Cells in a line.
    public let columns: Int

    /// Joins the parts.
    public init(rows: Int, columns: Int) {
        self.rows = rows
        self.columns = columns
    }
}

/// A terminal as the live view needs it; used from one thread only.
public protocol Screen: AnyObject {
    /// The size now.
    var size: ScreenSize { get }
    /// Makes the next refresh show only what is drawn from now on.
    func clear()
    /// Puts text that fits into the line at a place.
    func draw(_ text: String, row: Int, column: Int, style: Style)
    /// Shows what was drawn.
    func refresh()
    /// Repaints every cell at the next refresh, whatever the terminal is believed to show.
    func invalidate()
    /// Waits for a key; nil when none came in time.
    func readKey(timeoutMilliseconds: Int) -> KeyEvent?
}

extension Screen {
    /// Shows a whole frame.
    func present(_ frame: Frame) {
        clear()
        for run in frame.runs {
            draw(run.text, row: run.row, column: run.column, style: run.style)
        }
        refresh()
    }
}
