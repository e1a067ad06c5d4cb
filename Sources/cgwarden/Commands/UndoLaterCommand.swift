import Actuation
import ArgumentParser
import Hierarchy
import KernelIO
import Service

/// The helper of a change that expires, which undoes it at the deadline.
struct UndoLaterCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "undo-later", abstract: "The helper that undoes a change at its deadline.",
        shouldDisplay: false)

    @OptionGroup var options: SystemOptions
    @Option var journal: String

    func run() throws {
        ProcessName.set(HelperName.undo.rawValue)
        HelperScope.enter(.undo)
        let journal = UndoJournal(directory: journal)
        let isDone = UndoTimer(journal: journal).run {
            let set = try HierarchySet.discover(options.system)
            return ExpiredChanges(
                set: set, journal: journal, files: StateDirectory.files(of: set))
        }
        if !isDone { throw ExitCode(75) }
    }
}
