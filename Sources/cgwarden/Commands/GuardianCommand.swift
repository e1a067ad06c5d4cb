import Actuation
import ArgumentParser
import Enforcement
import Hierarchy
import KernelIO
import Service

/// The daemon's helper, which thaws and restores if the daemon dies.
struct GuardianCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "guardian",
        abstract: "The helper that restores everything if the daemon dies.",
        shouldDisplay: false)

    @OptionGroup var options: SystemOptions
    @Option var journal: String

    func run() throws {
        ProcessName.set(StateClaim.guardianName)
        let set = try HierarchySet.discover(options.system)
        Guardian(
            set: set,
            // A hung daemon may hold the lock while cgroups are frozen, so do not wait long for it.
            journal: UndoJournal(
                directory: journal, owner: JournalEntry.daemon, patience: .milliseconds(200)),
            files: StateDirectory.files(of: set)
        ).run()
    }
}
