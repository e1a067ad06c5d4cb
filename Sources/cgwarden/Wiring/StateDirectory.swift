import Actuation
import Hierarchy
import KernelIO

/// Where the undo journal and the holds are: on a tmpfs, so that they vanish with the cgroups.
enum StateDirectory {
    /// `/run/cgwarden` for root, the user's own run-time directory for others.
    static func path() throws -> String {
        if let chosen = Environment.value("CGWARDEN_STATE_DIRECTORY") { return chosen }
        if EffectiveUser.isRoot { return "/run/cgwarden" }
        guard let own = Environment.value("XDG_RUNTIME_DIR") else {
            throw CgwardenError(
                "there is no place for the undo journal; set XDG_RUNTIME_DIR, or "
                    + "CGWARDEN_STATE_DIRECTORY to a directory of your own", .unavailable)
        }
        return "\(own)/cgwarden"
    }

    static func journal() throws -> UndoJournal { UndoJournal(directory: try path()) }

    static func holds() throws -> HoldList { HoldList(directory: try path()) }

    /// The helper that thaws a cgroup at its deadline.
    static func thawGuard() -> ThawGuard { .own(state: try? path()) }

    /// The jobs on record; nil for a user who has no place for that.
    static func jobs() -> JobRecords? { (try? path()).map { JobRecords(in: $0) } }

    /// The files of a machine, through systemd where it keeps them.
    static func files(of set: HierarchySet) -> any ControlFiles { OwnerAwareFiles(set: set) }
}
