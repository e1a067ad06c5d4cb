import Foundation
import Testing

/// The terminal is the command's, as without cgwarden: keys, job control, pipelines.
@Suite(
    .serialized, .enabled(if: RunPlace.isUsable, "needs root and writable cgroups"),
    .enabled(if: RunTerminal.isAvailable, "no tmux"))
struct KernelRunTerminalTests {
    private let place = RunPlace()

    private func line(_ options: String, _ command: String) -> String {
        "'\(RunProgram.path)' run --parent \(place.path) --summary none \(options) -- \(command)"
    }

    @Test func interruptKeyReachesTheCommandOnce() throws {
        let terminal = try RunTerminal()
        let script = "trap 'echo got it' INT; echo ready; read a; read b; exit 7"
        try terminal.type(line("", "sh -c \"\(script)\"; echo status $?"))
        try terminal.waitFor("ready")
        try terminal.press("C-c")
        try terminal.waitFor("got it")
        try terminal.press("Enter", "Enter")
        let screen = try terminal.waitFor("status 7")
        #expect(screen.filter { $0 == "got it" || $0 == "^Cgot it" }.count == 1, "\(screen)")
    }

    @Test func commandReadsTheTerminal() throws {
        let terminal = try RunTerminal()
        try terminal.type(line("", "sh -c 'echo ready; read a; echo \"<$a>\"; tty'"))
        try terminal.waitFor("ready")
        try terminal.type("typed")
        let screen = try terminal.waitFor("/dev/pts/")
        #expect(screen.contains("<typed>"))
    }

    @Test(arguments: ["", "--unshare pid"])
    func jobControlStopsAndContinues(options: String) throws {
        let terminal = try RunTerminal()
        try terminal.type(line(options, "sh -c 'echo ready; read a; echo \"<$a>\"'"))
        try terminal.waitFor("ready")
        try terminal.press("C-z")
        try terminal.waitFor("Stopped")
        try terminal.type("fg")
        try terminal.type("again")
        try terminal.waitFor("<again>")
    }

    @Test func pipelineKeepsItsTerminal() throws {
        let terminal = try RunTerminal()
        try terminal.type(line("", "seq 500") + " | less")
        try terminal.waitFor("500", keys: "G")
        try terminal.press("q")
        try terminal.type("echo back")
        try terminal.waitFor("back")
    }
}
