/// A screen without a terminal: keys come from a list, and the last frame can be read as text.
public final class RecordingScreen: Screen {
    /// The size that it claims.
    public var size: ScreenSize
    /// Keys still to be read.
    public var keys: [KeyEvent]
    /// What the last refresh showed.
    public private(set) var shown: Frame
    /// How many times something was shown.
    public private(set) var refreshes = 0
    /// Called whenever a key is asked for and none is left.
    public var whenIdle: () -> Void = {}
    private var drawing: Frame

    /// An empty screen.
    public init(rows: Int, columns: Int, keys: [KeyEvent] = []) {
        size = ScreenSize(rows: rows, columns: columns)
        self.keys = keys
        shown = Frame(size: ScreenSize(rows: rows, columns: columns))
        drawing = shown
    }

    /// Starts a new frame.
    public func clear() { drawing = Frame(size: size) }

    /// Adds text to the frame.
    public func draw(_ text: String, row: Int, column: Int, style: Style) {
        drawing.put(text, row: row, column: column, style: style)
    }

    /// Keeps the frame as the shown one.
    public func refresh() {
        shown = drawing
        refreshes += 1
    }

    /// Nothing to do without a terminal.
    public func invalidate() {}

    /// Takes the next key from the list.
    public func readKey(timeoutMilliseconds: Int) -> KeyEvent? {
        guard !keys.isEmpty else {
            whenIdle()
            return nil
        }
        return keys.removeFirst()
    }
}
