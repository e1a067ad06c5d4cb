import Actuation
import ArgumentParser
import CgroupModel
import KernelIO
import Reports
import Service

/// Thaws a cgroup.
struct ThawCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "thaw", abstract: "Thaw a frozen cgroup.",
        discussion: """
            Ends a freeze before its timeout, whatever started it: `cgwarden freeze`, a rule of \
            the daemon, or another program. Processes that a v1 freeze moved to a cgroup of their \
            own move back. A rule whose freeze is ended rests for its cooldown.

            A cgroup stays frozen while an ancestor is frozen; the report names that ancestor, and \
            counts the descendants with freezes of their own.

            Examples:
              cgwarden thaw batch.slice
              cgwarden thaw --dry-run /lab/job
            """)

    @OptionGroup var options: SystemOptions
    @OptionGroup var state: StateDirectoryOption
    @Argument(help: .cgroup, completion: .cgroup) var cgroup: String
    @Flag(help: "Show what would be done, without doing it.") var dryRun = false

    func run() async throws {
        let context = try ActionContext(options)
        let path = try await context.resolve(cgroup)
        context.noteClaims(on: path, \.notesOnFreeze)
        let thawed = try Freezer(context.routed(try? StateDirectory.journal())).thaw(
            path, dryRun: dryRun)
        var text =
            thawed.hierarchies.isEmpty
            ? "\(path) was not frozen"
            : "\(dryRun ? "would thaw" : "thawed") \(path) (\(thawed.hierarchies.joined(separator: ", ")))"
        if let ancestor = thawed.frozenBy {
            text += "; it stays frozen by \(ancestor): cgwarden thaw \(ancestor.shellWord)"
        }
        if thawed.frozenBelow > 0 {
            text += "; \(counted(thawed.frozenBelow, "cgroup", "cgroups")) below it stay frozen"
        }
        try StandardOutput.write(text + "\n")
    }
}
