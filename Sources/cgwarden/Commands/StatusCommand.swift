import ArgumentParser
import KernelIO
import Service

/// Shows the state of the daemon.
struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show what the daemon is doing: rules, guards, values.",
        discussion: """
            Asks the running daemon over its control socket. The report begins with the policy in \
            force and the ticks: how many, how many were late, and the cost of the policy in the \
            last one. Each rule then has a line: how many cgroups it watches, how often it fired, \
            and how often it was kept from acting (by a budget, a hold, or protection). Guards \
            follow with usage and limit, then what needs attention: exhausted budgets, values that \
            other programs change, values that could not be set or restored yet and are \
            retried, and changes by commands that are undone unless they are confirmed.

            The last part shows the state of each rule and its age, the numbers that it compares, \
            and what would make it act or end. Cgroups for which a rule is idle are represented by \
            one example; `cgwarden policy explain` shows any of them.

            Examples:
              cgwarden status
              cgwarden status --json
              cgwarden policy explain /build    why a cgroup has its values
            """)

    @OptionGroup var state: StateDirectoryOption
    @Flag(help: "One JSON object.") var json = false

    func run() throws {
        try StandardOutput.write(
            try ControlClient.ask(["status"] + (json ? ["json"] : [])))
    }
}
