import ArgumentParser
import KernelIO

/// Shows the state of the daemon.
struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show what the daemon is doing: rules, guards, values.",
        discussion: """
            Asks the running daemon over its control socket. First come the policy in force and the \
            ticks: how many, how many were late, and what the policy cost in the last one. Then each \
            rule has a line: how many cgroups it watches, how often it fired, how often something \
            kept it from acting (a budget, a hold, protection), and the cgroups with which it is not \
            idle. Guards follow with usage and limit.

            Below are things that need attention: exhausted budgets, values that others change, \
            values that could not be set or restored yet and are tried again, rules that this \
            machine cannot follow, and lines of the audit log that were lost.

            Examples:
              cgwarden status
              cgwarden policy explain /build    why one cgroup's values are what they are
            """)

    func run() throws { try StandardOutput.write(try ControlClient.ask(["status"])) }
}
