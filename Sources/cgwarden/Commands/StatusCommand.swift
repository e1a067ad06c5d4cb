import ArgumentParser
import KernelIO

/// Shows the state of the daemon.
struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show what the daemon is doing: rules, guards, values.",
        discussion: """
            Below the totals is where each rule stands: its state and since when, the numbers that \
            it looks at, and what would make it act or end. Cgroups for which a rule is idle are \
            shown by one example; `cgwarden policy explain` shows any.

            Examples:
              cgwarden status
              cgwarden status --json
              cgwarden policy explain /build    why one cgroup's values are what they are
            """)

    @Flag(help: "One JSON object.") var json = false

    func run() throws {
        try StandardOutput.write(try ControlClient.ask(["status"] + (json ? ["json"] : [])))
    }
}
