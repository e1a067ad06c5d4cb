import Foundation

/// An interactive bash in a terminal of a tmux server of its own.
final class RunTerminal {
    static let isAvailable = FileManager.default.isExecutableFile(atPath: "/usr/bin/tmux")

    private let socket = FileManager.default.temporaryDirectory
        .appending(path: "cgwarden-test-\(UUID().uuidString)").path()

    init() throws {
        try tmux([
            "-f", "/dev/null", "new-session", "-d", "-x", "200", "-y", "50", "-e", "PS1=$ ",
            "bash", "--norc", "--noprofile", "-i",
        ])
        try waitFor("$")
    }

    deinit {
        _ = try? tmux(["kill-server"])
        try? FileManager.default.removeItem(atPath: socket)
    }

    /// Types a line.
    func type(_ text: String) throws {
        try tmux(["send-keys", "-l", text])
        try press("Enter")
    }

    /// Presses keys, by tmux's names.
    func press(_ keys: String...) throws { try tmux(["send-keys"] + keys) }

    /// Waits for a line that begins with a text, pressing keys meanwhile; gives the screen.
    @discardableResult func waitFor(_ text: String, keys: String? = nil) throws -> [String] {
        var screen: [String] = []
        try RunProgram.await("'\(text)' on the screen:\n\(screen.joined(separator: "\n"))") {
            if let keys { try? press(keys) }
            screen = ((try? tmux(["capture-pane", "-p"]).output) ?? "")
                .split(separator: "\n").map(String.init)
            return screen.contains {
                $0.hasPrefix(text) || $0.contains("] \(text)")
                    || $0.hasPrefix("^C\(text)") || $0.contains("+  \(text)")
            }
        }
        return screen
    }

    @discardableResult private func tmux(_ arguments: [String]) throws -> RunProgram.Result {
        let result = try RunProgram("/usr/bin/tmux", ["-S", socket] + arguments).result()
        guard result.status == 0 else { throw RunProgram.Trouble("tmux: \(result.errors)") }
        return result
    }
}
