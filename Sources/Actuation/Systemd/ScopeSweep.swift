internal import CgroupModel
internal import Hierarchy
internal import KernelIO

/// Finds the scopes that killed owners left behind: those that nobody holds the lock of.
struct ScopeSweep {
    let place: ScopePlace

    /// To be used in turn (``TurnTaking``): a scope just made has its lock before the turn ends.
    func sweep() -> [Leftover] {
        let names = (try? place.systemd.units(matching: "\(ScopePlace.prefix)*.scope")) ?? []
        return names.sorted().compactMap { name in
            guard let facts = try? place.systemd.unit(named: name), !facts.cgroup.isEmpty else {
                return nil
            }
            let directories = place.set.directories(ofScope: facts.cgroup)
            guard let path = directories.first?.path,
                directories.allSatisfy({ $0.descriptor.tryLock() })
            else { return nil }
            let processes = directories.map { ((try? $0.processesBelow()) ?? []).count }.max()
            let isEnded = RunEnding(directories).killAll()
            let isRemoved = isEnded && place.systemd.remove(name, directories)
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
