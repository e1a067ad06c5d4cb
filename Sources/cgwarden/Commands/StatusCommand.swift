import ArgumentParser
import KernelIO
import Service

/// Shows the state of the daemon.
struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show what the daemon is doing: rules, guards, values.",
        discussion: """
            Asks the running daemon over its control socket. First come the policy in force and the \
            ticks: how many, how many were late, and what the policy cost in the last one. Then each \
            rule has a line: how many cgroups it watches, how often it fired, and how often something \
            kept it from acting (a budget, a hold, protection). Guards follow with usage and limit, \
            then things that need attention: exhausted budgets, values that others change, and \
            values that could not be set or restored yet and are tried again.

            Last is where each rule stands: its state and since when, the numbers that it looks at, \
            and what would make it act or end. Cgroups for which a rule is idle are shown by one \
            example; `cgwarden policy explain` shows any.

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
