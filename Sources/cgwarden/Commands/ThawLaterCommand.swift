import Actuation
import ArgumentParser
import Hierarchy
import KernelIO
import Service

/// The helper of `freeze`, which thaws at the deadline; descriptor 3 is the cgroup's directory.
struct ThawLaterCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "thaw-later", abstract: "The helper that thaws at the deadline.",
        shouldDisplay: false)

    @Option var milliseconds: Int64
    @Option var interface: String
    @Option var state: String
    @Option var journal: String?

    func run() throws {
        ProcessName.set(HelperName.thaw.rawValue)
        let thaw = try DeferredThaw(interface == "v2" ? .unified : .legacy)
        HelperScope.enter(.thaw)
        let isDone = thaw.run(
            after: .milliseconds(milliseconds), state: state,
            journal: journal.map { UndoJournal(directory: $0) })
        guard isDone else { return }
        let set = try HierarchySet.discover()
        thaw.notifySystemd(StateDirectory.files(of: set), of: set)
    }
}
