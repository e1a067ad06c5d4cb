import Actuation
import Hierarchy
import KernelIO
import Policy
import Reports

/// The means to act on this host: its hierarchies, its control files, and the journal of original
/// values.
struct Machine: Sendable {
    let set: HierarchySet
    let files: any ControlFiles
    let journal: UndoJournal
    let holds: HoldList
    let stateDirectory: String
    let connections: SystemdConnections
    let identities: Identities

    init(_ system: SystemRoot, stateDirectory: String? = nil) throws {
        set = try HierarchySet.discover(system)
        let directory = try stateDirectory ?? StateDirectory.path()
        do throws(IOError) {
            try StandardOutput.createDirectories(directory)
        } catch {
            throw CgwardenError(
                "no directory for the undo journal: \(error); run as root, or set "
                    + "CGWARDEN_STATE_DIRECTORY", .noPermission)
        }
        self.stateDirectory = directory
        journal = UndoJournal(directory: directory, owner: JournalEntry.daemon)
        holds = HoldList(directory: directory)
        connections = SystemdConnections()
        identities = Identities(set)
        files = StateDirectory.files(of: set)
    }
}
