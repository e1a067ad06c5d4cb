package import CgroupModel
internal import Hierarchy
internal import KernelIO

/// A run that was cleaned up because its owner was killed.
package struct Leftover: Sendable {
    /// The path of its cgroup.
    package let path: CgroupPath
    /// The number of processes that were still in it and were killed.
    package let processes: Int
    /// Whether the cgroup was removed.
    package let isRemoved: Bool
}

/// Removes the runs of killed owners in one place.
struct LeftoverSweep {
    let place: TransientPlace
    let records: JobRecords

    /// Kills the processes in the leftover runs and removes the cgroups.
    func sweep() -> [Leftover] {
        records.leftovers().compactMap { job in
            guard case .cgroup(let path) = job.text.name else { return nil }
            // A run that cannot be looked up now is left to the next sweep.
            guard let directories = try? job.directories(in: place.set) else { return nil }
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

    /// Removes the empty cgroups of an owner that died while creating them.
    ///
    /// Nothing was started in them. A cgroup with processes or children is therefore another
    /// program's, and stays.
    private func removeUnrecorded(_ path: CgroupPath) {
        for hierarchy in place.set.hierarchies {
            try? CgroupDirectory(path, in: hierarchy).remove()
        }
    }
}
