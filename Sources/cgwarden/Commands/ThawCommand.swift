import Actuation
import ArgumentParser
import KernelIO

/// Thaws a cgroup.
struct ThawCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "thaw", abstract: "Let the processes of a frozen cgroup go on.",
        discussion: """
            Examples:
              cgwarden thaw batch.slice
            """)

    @OptionGroup var options: SystemOptions
    @Argument(help: "The cgroup.", completion: .cgroup) var cgroup: String
    @Flag(help: "Show what would be done, and do nothing.") var dryRun = false

    func run() async throws {
        let context = try ActionContext(options)
        let path = try await context.resolve(cgroup)
        context.tellOfClaims(on: path, \.notesOnFreeze)
        let thawed = try Freezer(
            set: context.set, files: context.files, journal: context.knownJournal
        ).thaw(path, dryRun: dryRun)
        var text =
            thawed.hierarchies.isEmpty
            ? "\(path) was not asked to be frozen"
            : "\(dryRun ? "would thaw" : "thawed") \(path) (\(thawed.hierarchies.joined(separator: ", ")))"
        if let ancestor = thawed.frozenBy {
            text += "; it stays frozen by \(ancestor): cgwarden thaw \(ancestor)"
        }
        if thawed.frozenBelow > 0 {
            text += "; \(counted(thawed.frozenBelow, "cgroup", "cgroups")) below it stay frozen"
        }
        try StandardOutput.write(text + "\n")
    }
}
