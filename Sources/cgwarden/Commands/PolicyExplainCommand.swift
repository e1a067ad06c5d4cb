import ArgumentParser
import CgroupModel
import KernelIO

/// Why values are what they are.
struct PolicyExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Show which part of the policy gives each value of a cgroup, and why.",
        discussion: """
            The daemon that runs is asked. The winner of each value is marked with a star.

            Example:
              cgwarden policy explain /build
            """)

    @Argument(help: "The cgroup's path.") var cgroup: String

    func run() throws {
        try StandardOutput.write(
            try ControlClient.ask(["explain", CgroupPath(cgroup).description]))
    }
}
