import Actuation
import ArgumentParser
import KernelIO
import Reports
import Service

/// Removes a cgroup.
struct RemoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove an empty cgroup.",
        discussion: """
            Removes the cgroup in every hierarchy that has it. It must have no processes and no \
            children, unless --kill kills the processes first and -r removes the descendants too. \
            Cgroups that the host depends on are refused, as by `cgwarden set`. `cgwarden restore` \
            cannot undo a removal.

            Examples:
              cgwarden remove /lab/job
              cgwarden remove -r /lab            with its descendants
              cgwarden remove -r --kill /lab     with all their processes
            """)

    @OptionGroup var options: SystemOptions
    @OptionGroup var state: StateDirectoryOption
    @Argument(help: .cgroup, completion: .cgroup) var cgroup: String
    @Flag(name: [.customShort("r"), .long], help: "Remove its descendants too.")
    var recursive = false
    @Flag(help: "Kill its processes first, as `cgwarden kill` does.") var kill = false
    @Flag(help: "Show what would be done, without doing it.") var dryRun = false

    func run() async throws {
        let context = try ActionContext(options)
        let path = try await context.resolve(cgroup)
        let removed = try CgroupRemover(context.direct(try? StateDirectory.journal())).remove(
            path, recursive: recursive, killing: kill, dryRun: dryRun)
        let killed =
            removed.killed > 0
            ? "; \(dryRun ? "would kill" : "killed") "
                + counted(removed.killed, "process", "processes") : ""
        try StandardOutput.write(
            "\(dryRun ? "would remove" : "removed") \(path) (\(removed.hierarchies.joined(separator: ", ")); "
                + "\(counted(removed.directories, "directory", "directories"))\(killed))\n")
    }
}
