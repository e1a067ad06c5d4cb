package import Actuation
package import Hierarchy
internal import KernelIO
internal import Reports
internal import Synchronization

/// The directory of the undo journal and the holds.
///
/// It is on a tmpfs, so its contents vanish together with the cgroups.
package enum StateDirectory {
    /// The environment variable that overrides every other choice but ``choose(_:)``.
    static let variable = "CGWARDEN_STATE_DIRECTORY"
    private static let chosen = Mutex<String?>(nil)

    /// Uses an absolute path in this process, whatever else names one.
    package static func choose(_ path: String) { chosen.withLock { $0 = path } }

    /// Returns this user's directory: ``system`` for root, otherwise one in the user's runtime
    /// directory.
    package static func path() throws -> String {
        if let chosen = chosen.withLock({ $0 }) { return chosen }
        if let chosen = Environment.value(variable) {
            guard chosen.hasPrefix("/") else {
                throw CgwardenError("\(variable) must be an absolute path, not \(chosen)", .usage)
            }
            return chosen
        }
        if EffectiveUser.isRoot { return system }
        // The XDG base directory specification says to ignore relative paths.
        guard let own = Environment.value("XDG_RUNTIME_DIR"), own.hasPrefix("/") else {
            throw CgwardenError(
                "this user has no directory for the undo journal; run as root, or, if the cgroup is "
                    + "delegated to this user, set XDG_RUNTIME_DIR or \(variable)", .unavailable)
        }
        return "\(own)/cgwarden"
    }

    /// The directory of root's commands and of the host's daemon.
    static let system: String = {
        do {
            return try DaemonConfiguration.read(nil).stateDirectory ?? usual
        } catch {
            // Other users may be unable to read the file, and an error must not keep root from a
            // `panic`.
            if EffectiveUser.isRoot {
                let why = CgwardenError(error)?.message ?? "\(error)"
                StandardOutput.complain("cgwarden: note: using \(usual): \(why)")
            }
            return usual
        }
    }()

    private static let usual = "/run/cgwarden"

    /// The directory of the host's daemon, if it exists and this user has another one.
    ///
    /// Root's changes, and whether a daemon runs, are not visible to this user then.
    package static var hidden: String? {
        guard !EffectiveUser.isRoot, Environment.value(variable) == nil,
            chosen.withLock({ $0 }) == nil
        else { return nil }
        let system = system
        return LogFile.exists(system) ? system : nil
    }

    /// Throws if a result would cover only this user's own state.
    package static func requireSystem() throws {
        guard let hidden else { return }
        throw CgwardenError(
            "the state of this host's daemon is in \(hidden), which only root can use; run "
                + "as root", .noPermission)
    }

    /// This user's undo journal; throws if the user has no state directory.
    package static func journal() throws -> UndoJournal { UndoJournal(directory: try path()) }

    /// Returns this user's journal.
    ///
    /// If the user has no state directory but root has one, the error says to run as root.
    package static func journalToRead() throws -> UndoJournal {
        do {
            return try journal()
        } catch {
            try requireSystem()
            throw error
        }
    }

    /// This user's holds; throws if the user has no state directory.
    package static func holds() throws -> HoldList { HoldList(directory: try path()) }

    /// Returns the jobs on record; nil if this user has no state directory.
    package static func jobs() -> JobRecords? { (try? path()).map { JobRecords(in: $0) } }

    /// Returns the control files; values of systemd units are written through systemd.
    package static func files(of set: HierarchySet) -> any ControlFiles {
        OwnerAwareFiles(set: set)
    }
}
