#if TUI
import CNcurses
import Glibc

/// A real terminal through ncurses; must be used on the main thread only.
///
/// ncurses itself handles Ctrl-Z and the redraw after it, and restores the terminal on signals
/// without a handler. The use of pointers is safe, because the window lives from `init` to
/// ``close()`` and nothing is drawn afterwards.
@safe package final class NcursesScreen: Screen {
    private let terminal: OpaquePointer
    private let window: UnsafeMutablePointer<WINDOW>
    private let palette: Palette
    private let isUTF8: Bool
    private var isOpen = true

    /// Takes over the terminal; throws before anything is written to it.
    ///
    /// If the environment sets `NO_COLOR`, only bold and reverse are used. With `mouse`, the
    /// terminal reports clicks and the wheel, and selects text only while Shift is held.
    package init(mouse: Bool = false) throws(TerminalError) {
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else { throw .notATerminal }
        let name = unsafe getenv("TERM").map { unsafe String(cString: $0) } ?? ""
        guard !name.isEmpty else { throw .unset }
        var found: Int32 = 0
        // initscr would exit on an unknown terminal; setupterm returns an error.
        guard unsafe setupterm(nil, STDOUT_FILENO, &found) == OK else { throw .unknown(name) }
        guard cgw_moves_cursor() else { throw .tooSimple(name) }
        isUTF8 = Self.chooseLocale()
        guard let terminal = unsafe cgw_newterm(), let window = unsafe cgw_stdscr() else {
            throw .unknown(name)
        }
        unsafe self.terminal = unsafe terminal
        unsafe self.window = unsafe window
        let refused = unsafe getenv("NO_COLOR").map { unsafe $0.pointee != 0 } ?? false
        var colors = 0
        if !refused, has_colors(), start_color() == OK {
            use_default_colors()
            colors = Int(cgw_colors())
        }
        palette = Palette(colors: colors)
        cbreak()
        noecho()
        unsafe keypad(window, true)
        set_escdelay(25)
        curs_set(0)
        if mouse { cgw_enable_mouse() }
    }

    deinit { close() }

    /// Restores the terminal; calling it twice is harmless.
    package func close() {
        guard isOpen else { return }
        isOpen = false
        endwin()
        unsafe delscreen(terminal)
    }

    /// The current size; 0 by 0 once closed.
    package var size: ScreenSize {
        guard isOpen else { return ScreenSize(rows: 0, columns: 0) }
        return unsafe ScreenSize(rows: Int(getmaxy(window)), columns: Int(getmaxx(window)))
    }

    /// Starts an empty frame.
    package func clear() {
        if isOpen { unsafe werase(window) }
    }

    /// Draws text at a position.
    package func draw(_ text: String, row: Int, column: Int, style: Style) {
        guard isOpen else { return }
        let (attributes, pair) = palette.apply(style)
        unsafe wattr_set(window, attributes, pair, nil)
        unsafe wmove(window, Int32(row), Int32(column))
        unsafe waddnstr(window, isUTF8 ? text : Self.ascii(text), -1)
    }

    /// Writes the drawn frame to the terminal.
    package func refresh() {
        if isOpen { unsafe wrefresh(window) }
    }

    /// Makes the next refresh repaint every cell.
    package func invalidate() {
        if isOpen { unsafe clearok(window, true) }
    }

    /// Waits for a key; nil after the timeout or a signal.
    package func readKey(timeoutMilliseconds: Int) -> KeyEvent? {
        guard isOpen else { return nil }
        unsafe wtimeout(window, Int32(clamping: timeoutMilliseconds))
        var code = wint_t()
        return switch unsafe wget_wch(window, &code) {
        case KEY_CODE_YES: Self.special(Int32(bitPattern: code))
        case OK: Self.typed(code)
        default: Self.hasHungUp ? .hangUp : nil
        }
    }

    /// Whether the terminal of standard input is gone, which ncurses reports only as "no key".
    private static var hasHungUp: Bool {
        var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        guard unsafe poll(&input, 1, 0) > 0 else { return false }
        return Int32(input.revents) & Int32(POLLHUP | POLLERR | POLLNVAL) != 0
    }

    private static func special(_ code: Int32) -> KeyEvent? {
        switch code {
        case KEY_UP: .up
        case KEY_DOWN: .down
        case KEY_LEFT: .left
        case KEY_RIGHT: .right
        case KEY_PPAGE: .pageUp
        case KEY_NPAGE: .pageDown
        case KEY_HOME: .home
        case KEY_END: .end
        case KEY_IC: .insert
        case KEY_DC: .delete
        case KEY_SLEFT: .shiftLeft
        case KEY_SRIGHT: .shiftRight
        case KEY_MOUSE: mouse
        case KEY_BTAB: .backTab
        case KEY_BACKSPACE: .backspace
        case KEY_ENTER: .enter
        case KEY_RESIZE: .resize
        case KEY_F0 + 1...KEY_F0 + 12: .function(Int(code - KEY_F0))
        default: nil
        }
    }

    private static var mouse: KeyEvent? {
        var row: Int32 = 0
        var column: Int32 = 0
        return switch unsafe cgw_read_mouse(&row, &column) {
        case 1: .click(row: Int(row), column: Int(column))
        case 2: .wheelUp
        case 3: .wheelDown
        default: nil
        }
    }

    private static func typed(_ code: wint_t) -> KeyEvent? {
        switch code {
        case 1: return .home
        case 5: return .end
        case 9: return .tab
        case 10, 13: return .enter
        case 12: return .redraw
        case 21: return .eraseLine
        case 23: return .eraseWord
        case 27: return .escape
        case 8, 127: return .backspace
        case 0..<32: return nil
        default: return Unicode.Scalar(code).map { .character(Character($0)) }
        }
    }

    /// Sets the user's locale, or C.UTF-8 if the environment names none; returns whether it is
    /// UTF-8.
    ///
    /// A user who asks for the locale C gets ASCII.
    private static func chooseLocale() -> Bool {
        unsafe setlocale(LC_CTYPE, "")
        if codeset == "UTF-8" { return true }
        let isNamed = ["LC_ALL", "LC_CTYPE", "LANG"].contains { isSet($0) }
        guard !isNamed else { return false }
        return unsafe setlocale(LC_CTYPE, "C.UTF-8") != nil
    }

    private static func isSet(_ variable: String) -> Bool {
        guard let value = unsafe getenv(variable) else { return false }
        return unsafe value.pointee != 0
    }

    private static var codeset: String { unsafe String(cString: cgw_codeset()) }

    /// Replaces characters for a terminal that supports only ASCII.
    private static func ascii(_ text: String) -> String {
        String(
            text.map { character in
                switch character {
                case _ where character.isASCII: character
                case "│": "|"
                case "─": "-"
                case "├", "└", "┌", "┐", "┘", "▸": "+"
                case "…": "~"
                case "▁", "▂", "▃": "."
                case "▄", "▅", "▆", "▇", "█", "▉", "▊", "▋", "▌", "▍", "▎", "▏": "#"
                default: "?"
                }
            })
    }
}
#endif
