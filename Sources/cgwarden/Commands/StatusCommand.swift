import ArgumentParser
import KernelIO

/// Shows the state of the daemon.
struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show what the daemon is doing: rules, guards, values.",
        discussion: """
            Examples:
              cgwarden status
              cgwarden policy explain /build    why one cgroup's values are what they are
            """)

    func run() throws { try StandardOutput.write(try ControlClient.ask(["status"])) }
}
