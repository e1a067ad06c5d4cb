import CgroupModel
import History
import KernelIO
import Reports

/// Notes on standard error about cgroups that the history leaves out.
extension [Omission] {
    /// Says what is missing from a listing of a cgroup and its descendants.
    func note(below path: CgroupPath) {
        note { $0.isWithin(path) || path.isWithin($0) }
    }

    /// Returns the position of a cgroup in a snapshot; if it is not there, says that it may have
    /// been left out.
    func index(typed: String, in snapshot: Snapshot) throws -> Int {
        do {
            return try snapshot.index(typed: typed)
        } catch {
            // A name without a path can be anywhere.
            note { !typed.hasPrefix("/") || CgroupPath(typed).isWithin($0) }
            throw error
        }
    }

    private func note(_ matters: (CgroupPath) -> Bool) {
        for omission in self where matters(omission.path) {
            StandardOutput.complain(
                "cgwarden: note: \(counted(omission.count, "cgroup", "cgroups")) in "
                    + "\(omission.path) left out of the history; "
                    + "a larger history.max_size keeps more")
        }
    }
}
