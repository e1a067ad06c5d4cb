import ArgumentParser
import KernelIO

/// What the daemon is doing.
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

/// The emergency brake.
struct PanicCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "panic",
        abstract: "Thaw all that cgwarden froze, put everything back, and stop the daemon.",
        discussion: """
            Without a daemon it does what `cgwarden restore` does. It needs root where the \
            daemon of the machine is meant.
            """)

    func run() throws {
        do {
            try StandardOutput.write(try ControlClient.ask(["panic"], within: .seconds(90)))
        } catch let error as CgwardenError where error.status == .unavailable {
            StandardOutput.complain("cgwarden: no daemon runs; putting back what the journal lists")
            let restore = try RestoreCommand.parse([])
            try restore.run()
        }
    }
}
