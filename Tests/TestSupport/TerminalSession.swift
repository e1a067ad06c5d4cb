import Foundation

/// A real terminal, in a tmux server of its own, in which a shell runs one command and then waits.
package final class TerminalSession {
    /// Whether there can be one here.
    package static let isAvailable = ProgramRun.isInstalled("tmux")

    private let folder: URL
    private let socket: String
    private let server: ProgramRun
    /// Objects that have to live as long as the terminal, such as files of the command.
    package var kept: AnyObject?

    /// Runs `command` (shell text) in a terminal of this size.
    package init(
        _ command: String, columns: Int = 80, rows: Int = 24, environment: [String: String] = [:]
    ) throws {
        folder = FileManager.default.temporaryDirectory
            .appending(path: "cgwarden-test-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        socket = folder.appending(path: "s").path()
        let script = """
            stty -a >before
            \(command) 2>errors
            echo $? >status.new
            stty -a >after
            mv status.new status
            exec cat
            """
        try Data(script.utf8).write(to: folder.appending(path: "script"))
        // Not a daemon: a process that outlives its parent is noticed by nobody.
        server = try ProgramRun("tmux", ["-S", socket, "-f", "/dev/null", "-D"], input: nil)
        try awaiting("tmux listens; it said: \(server.errors)") {
            FileManager.default.fileExists(atPath: socket)
        }
        var settings = ["new-session", "-d", "-c", folder.path()]
        settings += ["-x", "\(columns)", "-y", "\(rows)"]
        for (name, value) in environment { settings += ["-e", "\(name)=\(value)"] }
        try tmux(settings + ["sh", "./script"])
    }

    deinit {
        server.send(SIGTERM)
        _ = try? server.result()
        try? FileManager.default.removeItem(at: folder)
    }

    /// A command that starts cgwarden.
    package static func cgwarden(_ arguments: String) -> String {
        "'\(ProgramRun.cgwarden)' \(arguments)"
    }

    @discardableResult private func tmux(_ arguments: [String]) throws -> ProgramRun.Result {
        let result = try ProgramRun.run("tmux", ["-S", socket] + arguments)
        guard result.status == 0 else { throw ProgramTrouble("tmux: \(result.errors)") }
        return result
    }

    /// The lines that are on the screen, blanks at the ends cut off.
    package var screen: [String] {
        get throws {
            try tmux(["capture-pane", "-p"]).output
                .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        }
    }

    /// The screen with the escape sequences of its colors.
    package var styledScreen: String {
        get throws { try tmux(["capture-pane", "-p", "-e"]).output }
    }

    /// A variable of tmux, such as `cursor_flag` or `alternate_on`.
    package func variable(_ name: String) throws -> String {
        try tmux(["display-message", "-p", "#{\(name)}"]).lines.first ?? ""
    }

    /// Presses keys, by tmux's names: `q`, `Tab`, `F5`.
    package func press(_ keys: String...) throws { try tmux(["send-keys"] + keys) }

    /// Types text as it is.
    package func type(_ text: String) throws { try tmux(["send-keys", "-l", "--", text]) }

    /// Gives the terminal another size.
    package func resize(columns: Int, rows: Int) throws {
        try tmux(["resize-window", "-x", "\(columns)", "-y", "\(rows)"])
    }

    /// Waits until the screen is as wanted; gives its lines.
    @discardableResult package func await(
        _ what: String, seconds: Double = 120, _ condition: ([String]) -> Bool
    ) throws -> [String] {
        var last: [String] = []
        do {
            return try awaiting(what, seconds: seconds) {
                last = try screen
                return condition(last) ? last : nil
            }
        } catch {
            throw ProgramTrouble("\(error); the screen:\n" + last.joined(separator: "\n"))
        }
    }

    /// Waits until a line of the screen holds a text.
    @discardableResult package func await(_ text: String, seconds: Double = 120) throws -> [String]
    {
        try self.await("'\(text)' on the screen", seconds: seconds) { lines in
            lines.contains { $0.contains(text) }
        }
    }

    private func file(_ name: String) -> String? {
        try? String(contentsOf: folder.appending(path: name), encoding: .utf8)
    }

    /// Waits for the command's end; gives its exit status.
    package func status() throws -> Int32 {
        let text = try awaiting("the command ends") { file("status") }
        return Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)) ?? -1
    }

    /// The standard error of the command.
    package var errors: String { file("errors") ?? "" }

    /// The terminal's settings before and after the command (stty(1)).
    package var settings: (before: String, after: String) {
        (file("before") ?? "", file("after") ?? "not written")
    }

    /// The process in the terminal's foreground that is called cgwarden.
    package func pid() throws -> Int32 {
        let shell = try variable("pane_pid")
        return try awaiting("cgwarden runs") {
            let children = try? String(
                contentsOfFile: "/proc/\(shell)/task/\(shell)/children", encoding: .utf8)
            return children?.split(separator: " ").first.flatMap { Int32($0) }
        }
    }
}
