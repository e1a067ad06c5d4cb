import CgroupModel

/// The reason why this terminal cannot show a live view.
package enum TerminalError: Error, Hashable, Sendable, CustomStringConvertible {
    /// `TERM` is unset or empty.
    case unset
    /// The terminal database lacks this terminal type or a capability that it needs.
    case unknown(String)
    /// The terminal type is known, but cannot move its cursor.
    case tooSimple(String)
    /// Standard input or output is not a terminal.
    case notATerminal

    /// One line: the error and a remedy.
    package var description: String {
        switch self {
        case .unset:
            "TERM is not set; set it to your terminal's type (TERM=xterm-256color), or use --batch"
        case .unknown(let name):
            "terminal type '\(name.onOneLine)' is unknown here; set TERM "
                + "(TERM=xterm-256color), install ncurses-term, or use --batch"
        case .tooSimple(let name):
            "terminal type '\(name.onOneLine)' cannot move its cursor; set TERM to "
                + "your terminal's real type (TERM=xterm-256color), or use --batch"
        case .notATerminal:
            "standard input and output must be a terminal; use --batch to write to a pipe"
        }
    }
}
