internal import CgroupModel
internal import Hierarchy
internal import KernelIO

/// Removes the scopes that killed owners left behind.
struct ScopeSweep {
    let place: ScopePlace
    let records: JobRecords

    /// Ends what is in them and removes them.
    func sweep() -> [Leftover] {
        records.leftovers().compactMap { job in
            guard case .unit(let name) = job.text.name else { return nil }
            let directories = job.directories(in: place.set)
            guard let path = directories.first?.path else {
                // One that was not made whole ends with its owner.
                job.remove()
                return nil
            }
            let processes = directories.map { ((try? $0.processesBelow()) ?? []).count }.max()
            let isEnded = RunEnding(directories).killAll()
            let isRemoved = isEnded && place.systemd.remove(name, directories)
            if isRemoved { job.remove() }
            return Leftover(path: path, processes: processes ?? 0, isRemoved: isRemoved)
        }
    }
}

extension Systemd {
    /// Stops a scope in which nothing of the command is left; whether it is gone in every tree.
    func remove(_ name: String, _ directories: [CgroupDirectory]) -> Bool {
        try? stop(name)
        return Deadline(after: .seconds(5)).wait { () throws(Never) in
            let left = directories.filter(\.isCurrent)
            // Where it does not make cgroups, it removes none.
            if !left.isEmpty, (try? unit(named: name)) == .some(nil) {
                try? RunEnding(left).remove()
            }
            return left.isEmpty
        }
    }
}

extension HierarchySet {
    /// A scope's cgroup in each tree that has it; the path is as PID 1 sees it.
    func directories(ofScope cgroup: String) -> [CgroupDirectory] {
        hierarchies.compactMap { hierarchy in
            hierarchy.visiblePath(Array(cgroup.utf8)).flatMap {
                try? CgroupDirectory($0, in: hierarchy)
            }
        }
    }
}
