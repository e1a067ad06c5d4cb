import Actuation
import Hierarchy
import KernelIO

/// Where the undo journal and the holds are: on a tmpfs, so that they vanish with the cgroups.
enum StateDirectory {
    /// `/run/cgwarden` for root, the user's own run-time directory for others.
    static func path() throws -> String {
        if let chosen = Environment.value("CGWARDEN_STATE_DIRECTORY") {
            guard chosen.hasPrefix("/") else {
                throw CgwardenError(
                    "CGWARDEN_STATE_DIRECTORY must be an absolute path, not \(chosen)", .usage)
            }
            return chosen
        }
        if EffectiveUser.isRoot { return "/run/cgwarden" }
        // The specification of that variable has relative paths ignored.
        guard let own = Environment.value("XDG_RUNTIME_DIR"), own.hasPrefix("/") else {
            throw CgwardenError(
                "there is no place for the undo journal; set XDG_RUNTIME_DIR, or "
                    + "CGWARDEN_STATE_DIRECTORY to a directory of your own", .unavailable)
        }
        return "\(own)/cgwarden"
    }

    static func journal() throws -> UndoJournal { UndoJournal(directory: try path()) }

    static func holds() throws -> HoldList { HoldList(directory: try path()) }

    /// The files of a machine, through systemd where it keeps them.
    static func files(of set: HierarchySet) -> any ControlFiles { OwnerAwareFiles(set: set) }
}
