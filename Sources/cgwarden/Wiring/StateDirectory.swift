import Actuation
import Hierarchy
import KernelIO

/// Where the undo journal and the holds are: on a tmpfs, so that they vanish with the cgroups.
enum StateDirectory {
    /// Overrides every other choice.
    static let variable = "CGWARDEN_STATE_DIRECTORY"

    /// The directory of this user: root's is ``system``, others have one in their run-time
    /// directory.
    static func path() throws -> String {
        if let chosen = Environment.value(variable) {
            guard chosen.hasPrefix("/") else {
                throw CgwardenError("\(variable) must be an absolute path, not \(chosen)", .usage)
            }
            return chosen
        }
        if EffectiveUser.isRoot { return system }
        // The XDG base directory specification has relative paths ignored.
        guard let own = Environment.value("XDG_RUNTIME_DIR"), own.hasPrefix("/") else {
            throw CgwardenError(
                "there is no place for the undo journal; set XDG_RUNTIME_DIR, or \(variable) to a "
                    + "directory of your own", .unavailable)
        }
        return "\(own)/cgwarden"
    }

    /// The directory of root's commands and of the machine's daemon.
    static let system: String = {
        do {
            return try DaemonConfiguration.read(nil).stateDirectory ?? usual
        } catch {
            // The file need not be readable for others, and must not keep root from a `panic`.
            if EffectiveUser.isRoot {
                let why = CgwardenError(error)?.message ?? "\(error)"
                StandardOutput.complain("cgwarden: note: using \(usual): \(why)")
            }
            return usual
        }
    }()

    private static let usual = "/run/cgwarden"

    /// The directory of the machine's daemon, where it exists and this user's is another one: what
    /// root changed, and whether a daemon runs, cannot be seen from here.
    static var hidden: String? {
        guard !EffectiveUser.isRoot, Environment.value(variable) == nil else { return nil }
        let system = system
        return LogFile.exists(system) ? system : nil
    }

    /// Throws where the answer would be about this user's own state alone.
    static func requireSystem() throws {
        guard let hidden else { return }
        throw CgwardenError(
            "the state of this machine's daemon is in \(hidden), which only root can use; run this "
                + "as root", .noPermission)
    }

    static func journal() throws -> UndoJournal { UndoJournal(directory: try path()) }

    /// This user's journal; where they have no place for one, all there may be is root's.
    static func journalToRead() throws -> UndoJournal {
        do {
            return try journal()
        } catch {
            try requireSystem()
            throw error
        }
    }

    static func holds() throws -> HoldList { HoldList(directory: try path()) }

    /// The helper that thaws a cgroup at its deadline.
    static func thawGuard() -> ThawGuard { .own(state: try? path()) }

    /// The jobs on record; nil for a user who has no place for that.
    static func jobs() -> JobRecords? { (try? path()).map { JobRecords(in: $0) } }

    /// The files of a machine, through systemd where it keeps them.
    static func files(of set: HierarchySet) -> any ControlFiles { OwnerAwareFiles(set: set) }
}
