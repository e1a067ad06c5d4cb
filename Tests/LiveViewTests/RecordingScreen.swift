import LiveView

/// A screen without a terminal: keys come from a list, and the last frame is available as text.
final class RecordingScreen: Screen {
    /// The size of the simulated terminal.
    var size: ScreenSize
    /// The keys that are still to be read.
    var keys: [KeyEvent]
    /// The frame of the last refresh.
    private(set) var shown: Frame
    /// The number of refreshes.
    private(set) var refreshes = 0
    /// Called when a key is requested and none is left.
    var whenIdle: () -> Void = {}
    private var drawing: Frame

    /// Creates an empty screen with a list of keys.
    init(rows: Int, columns: Int, keys: [KeyEvent] = []) {
        size = ScreenSize(rows: rows, columns: columns)
        self.keys = keys
        shown = Frame(size: ScreenSize(rows: rows, columns: columns))
        drawing = shown
    }

    /// Starts an empty frame.
    func clear() { drawing = Frame(size: size) }

    /// Adds text to the frame.
    func draw(_ text: String, row: Int, column: Int, style: Style) {
        drawing.put(text, row: row, column: column, style: style)
    }

    /// Publishes the frame as ``shown``.
    func refresh() {
        shown = drawing
        refreshes += 1
    }

    /// Does nothing, because there is no terminal to repaint.
    func invalidate() {}

    /// Returns the next key of the list, without waiting.
    func readKey(timeoutMilliseconds: Int) -> KeyEvent? {
        guard !keys.isEmpty else {
            whenIdle()
            return nil
        }
        return keys.removeFirst()
    }
}
