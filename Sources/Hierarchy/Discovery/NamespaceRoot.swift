internal import CgroupModel
internal import KernelIO

/// Finds the root of this process's cgroup namespace in a hierarchy that shows its ancestors.
///
/// A container may have its host's hierarchy bind-mounted. No file states the path of the
/// container's own cgroup there, but that cgroup lists this process.
extension MountedHierarchy {
    /// The same hierarchy with ``namespacePath``, if it can be found.
    func withNamespacePath(_ system: SystemRoot) -> MountedHierarchy {
        guard root.levelsUp > 0, root.names.isEmpty,
            let stat = try? ReadBuffer.contents(of: system.proc("self/stat")),
            let process = stat.words.first,
            let pid = Int32(String(decoding: process, as: UTF8.self)),
            let lines = try? ReadBuffer.contents(of: system.proc("self/cgroup")),
            let own = line(in: ProcCgroup.parse(lines)).map({ NamespacedPath($0.path) }),
            own.levelsUp == 0, let found = cgroup(listing: pid)
        else { return self }
        var place = found
        for name in own.names.reversed() {
            guard place.lastComponent == name, let parent = place.parent else { return self }
            place = parent
        }
        guard place.depth == root.levelsUp else { return self }
        var result = self
        result.namespacePath = place
        return result
    }

    /// Finds the cgroup that contains a process, level by level from the root.
    private func cgroup(listing pid: Int32) -> CgroupPath? {
        var level = [CgroupPath.root]
        while !level.isEmpty {
            var next: [CgroupPath] = []
            for path in level {
                guard let opened = try? open(path) else { continue }
                let members = try? ReadBuffer.contents(
                    of: Array("cgroup.procs".utf8), under: opened.number)
                if ProcessIDs.parse(members ?? []).contains(pid) { return path }
                for entry in (try? opened.entries(path: path.description)) ?? []
                where entry.isDirectory {
                    next.append(path.child(entry.name))
                }
            }
            level = next
        }
        return nil
    }
}
