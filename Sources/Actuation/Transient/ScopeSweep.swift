internal import CgroupModel
internal import Hierarchy
internal import KernelIO

/// Removes the scopes of owners that were killed.
struct ScopeSweep {
    let place: ScopePlace
    let records: JobRecords

    /// Kills the processes in the leftover scopes and removes the scopes.
    func sweep() -> [Leftover] {
        records.leftovers().compactMap { job in
            guard case .unit(let name) = job.text.name else { return nil }
            // A scope that cannot be looked up now is left to the next sweep.
            guard let directories = try? job.directories(in: place.set) else { return nil }
            guard let path = directories.first?.path else {
                // A scope that was not completed ends with its owner.
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
    /// Stops a scope that the command has left, and returns whether it is gone in every hierarchy.
    func remove(_ name: String, _ directories: [CgroupDirectory]) -> Bool {
        try? stop(name)
        return Deadline(after: .seconds(5)).wait { () throws(Never) in
            let left = directories.filter { !$0.isKnownGone }
            // systemd does not remove the cgroups that it did not create.
            if !left.isEmpty, isUnknown(name) {
                try? RunEnding(left).remove()
            }
            return left.isEmpty
        }
    }

    /// Whether systemd has no such unit; false if it does not answer.
    private func isUnknown(_ name: String) -> Bool {
        do throws(BusError) {
            return try unit(named: name) == nil
        } catch {
            return false
        }
    }
}

extension HierarchySet {
    /// Returns a scope's directories in the hierarchies that have it; the path is as PID 1 sees it.
    func directories(ofScope cgroup: String) -> [CgroupDirectory] {
        hierarchies.compactMap { hierarchy in
            hierarchy.visiblePath(Array(cgroup.utf8)).flatMap {
                try? CgroupDirectory($0, in: hierarchy)
            }
        }
    }
}
