import Actuation
import ArgumentParser
import Enforcement
import Hierarchy
import KernelIO

/// The helper of the daemon that puts things right when it dies.
struct GuardianCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "guardian", abstract: "The helper that puts things right if the daemon dies.",
        shouldDisplay: false)

    @OptionGroup var options: SystemOptions
    @Option var journal: String

    func run() throws {
        ProcessName.set(StateClaim.guardianName)
        let set = try HierarchySet.discover(options.system)
        Guardian(
            set: set,
            // A daemon that hangs may hold the lock, and others may be frozen, too.
            journal: UndoJournal(
                directory: journal, owner: JournalEntry.daemon, patience: .milliseconds(200)),
            files: StateDirectory.files(of: set)
        ).run()
    }
}
