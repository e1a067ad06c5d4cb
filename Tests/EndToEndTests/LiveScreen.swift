import Foundation
import TestSupport
import Testing

/// Terminals with the live view in them.
enum LiveScreen {
    static let reason: Comment = "tmux is not installed"

    /// A live view of a captured tree, drawn already.
    static func captured(
        _ capture: ProgramCapture, _ arguments: String = "", columns: Int = 80, rows: Int = 24,
        environment: [String: String] = [:]
    ) throws -> TerminalSession {
        let command = TerminalSession.cgwarden("top --root '\(capture.root)' \(arguments)")
        let session = try TerminalSession(
            command, columns: columns, rows: rows, environment: environment)
        session.kept = capture
        try session.awaitSample()
        return session
    }

    /// Whether the table has the values of a sample, not only the names of a listing.
    static func isSampled(_ screen: [String]) -> Bool {
        screen.contains { $0.hasPrefix("CGroup") } && !screen[0].contains("taking the first sample")
    }

    /// The names in the CGroup column, without the lines of the tree.
    static func names(_ screen: [String]) -> [String] {
        guard let head = screen.firstIndex(where: { $0.hasPrefix("CGroup") }) else { return [] }
        return screen[(head + 1)...].prefix { !$0.isEmpty }.compactMap { line in
            line.drop { "│├└─ ".contains($0) }.split(separator: " ").first.map(String.init)
        }
    }

    /// How many cells a line takes.
    static func width(_ line: String) -> Int {
        line.unicodeScalars.reduce(0) { width, scalar in
            switch scalar.value {
            case 0x300...0x36f, 0x200b...0x200f, 0xfe00...0xfe0f: width
            case 0x1100...0x115f, 0x2e80...0xa4cf, 0xac00...0xd7a3, 0xf900...0xfaff,
                0xff00...0xff60, 0x1f300...0x1faff:
                width + 2
            default: width + 1
            }
        }
    }

    /// Whether every line of the table ends where its head does, so that no name moved a column.
    static func isAligned(_ screen: [String]) -> Bool {
        guard let head = screen.firstIndex(where: { $0.hasPrefix("CGroup") }),
            screen[head].hasSuffix("State")
        else { return false }
        let rows = screen[(head + 1)...].prefix { !$0.isEmpty && $0.hasSuffix(" -") }
        let end = width(screen[head]) - 4
        return !rows.isEmpty && rows.allSatisfy { width($0) == end }
    }
}

extension TerminalSession {
    /// Waits until the live view shows values.
    @discardableResult func awaitSample() throws -> [String] {
        try self.await("the first sample", LiveScreen.isSampled)
    }
}
