import Actuation
import ArgumentParser
import KernelIO
import Reports
import Service

/// Removes a cgroup.
struct RemoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove a cgroup that nobody is in.",
        discussion: """
            Removes the cgroup in every hierarchy that has it. It must hold no processes and no \
            other cgroups, unless --kill ends the processes first and -r removes the cgroups below \
            as well, the innermost first. Cgroups that the host depends on are refused, as `cgwarden \
            set` does. Removing cannot be undone with `cgwarden restore`.

            Examples:
              cgwarden remove /lab/job
              cgwarden remove -r /lab            with those below it
              cgwarden remove -r --kill /lab     with whoever is in them
            """)

    @OptionGroup var options: SystemOptions
    @Argument(help: "The cgroup.", completion: .cgroup) var cgroup: String
    @Flag(name: [.customShort("r"), .long], help: "Also those below it.") var recursive = false
    @Flag(help: "End the processes in it first, as `cgwarden kill` does.") var kill = false
    @Flag(help: "Show what would be done, and do nothing.") var dryRun = false

    func run() async throws {
        let context = try ActionContext(options)
        let path = try await context.resolve(cgroup)
        let removed = try CgroupRemover(
            set: context.set, journal: context.knownJournal, thawGuard: StateDirectory.thawGuard()
        ).remove(path, recursive: recursive, killing: kill, dryRun: dryRun)
        let killed =
            removed.killed > 0
            ? "; \(dryRun ? "would end" : "ended") "
                + counted(removed.killed, "process", "processes") : ""
        try StandardOutput.write(
            "\(dryRun ? "would remove" : "removed") \(path) (\(removed.hierarchies.joined(separator: ", ")); "
                + "\(counted(removed.directories, "directory", "directories"))\(killed))\n")
    }
}
