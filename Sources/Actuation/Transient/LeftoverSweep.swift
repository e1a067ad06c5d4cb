public import CgroupModel
internal import Hierarchy
internal import KernelIO

/// A run whose owner was killed, and that was cleaned up.
public struct Leftover: Sendable {
    /// Where it stood.
    public let path: CgroupPath
    /// How many processes were still in it, and were ended.
    public let processes: Int
    /// Whether it is gone now.
    public let isRemoved: Bool
}

/// Removes the runs that killed owners left behind in one place.
struct LeftoverSweep {
    let place: TransientPlace
    let records: JobRecords

    /// Ends what is in them and removes them.
    func sweep() -> [Leftover] {
        records.leftovers().compactMap { job in
            guard case .cgroup(let path) = job.text.name else { return nil }
            let directories = job.directories(in: place.set)
            if directories.isEmpty {
                if job.text.cgroups.isEmpty { removeUnrecorded(path) }
                job.remove()
                return nil
            }
            guard path.parent == place.parent else { return nil }
            let processes = directories.map { ((try? $0.processesBelow()) ?? []).count }.max()
            let ending = RunEnding(directories)
            let isRemoved = ending.killAll() && (try? ending.remove()) != nil
            if isRemoved { job.remove() }
            return Leftover(path: path, processes: processes ?? 0, isRemoved: isRemoved)
        }
    }

    /// Whose owner died while it was made: nothing was started in it, and what has processes or
    /// cgroups in it is another's and stays.
    private func removeUnrecorded(_ path: CgroupPath) {
        for hierarchy in place.set.hierarchies {
            try? CgroupDirectory(path, in: hierarchy).remove()
        }
    }
}
