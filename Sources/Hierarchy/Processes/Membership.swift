package import CgroupModel
internal import KernelIO

/// The processes in a cgroup, separately for each hierarchy, because they may differ in v1.
package struct Membership: Sendable {
    /// The processes of a cgroup in one hierarchy.
    package enum Members: Hashable, Sendable {
        /// The path does not exist in this hierarchy.
        case noSuchCgroup
        /// The process IDs; thread IDs for a threaded cgroup.
        case processes([Int32])
        /// The list cannot be read, with the reason.
        case unreadable(Reading)

        /// The process IDs; empty if they are unknown.
        package var list: [Int32] {
            if case .processes(let list) = self { list } else { [] }
        }
    }

    private let set: HierarchySet

    /// Uses these hierarchies.
    package init(_ set: HierarchySet) { self.set = set }

    /// The members of a cgroup in each hierarchy, in the order of the set.
    package func members(of path: CgroupPath) -> [Members] {
        set.hierarchies.map { members(of: path, in: $0) }
    }

    /// The processes of a cgroup in any hierarchy, sorted.
    package func union(of path: CgroupPath) -> [Int32] {
        Set(members(of: path).flatMap(\.list)).sorted()
    }

    private func members(of path: CgroupPath, in hierarchy: MountedHierarchy) -> Members {
        let directory: OwnedDescriptor
        do throws(IOError) {
            directory = try hierarchy.open(path)
        } catch {
            return error.isGone ? .noSuchCgroup : .unreadable(IOError.reading(for: error.code))
        }
        // A threaded cgroup refuses to read cgroup.procs (EOPNOTSUPP) and only lists threads.
        var reason = Reading.absent
        for file in ["cgroup.procs", "cgroup.threads"] {
            do throws(IOError) {
                let bytes = try ReadBuffer.contents(
                    of: Array(file.utf8), under: directory.number)
                return .processes(ProcessIDs.parse(bytes))
            } catch {
                reason = IOError.reading(for: error.code)
                if reason == .gone || reason == .absent { return .noSuchCgroup }
            }
        }
        return .unreadable(reason)
    }
}
