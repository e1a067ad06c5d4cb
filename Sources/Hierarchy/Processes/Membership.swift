public import CgroupModel
internal import KernelIO

/// Which processes are in a cgroup, separately for each hierarchy: on v1 they may differ.
public struct Membership: Sendable {
    /// The processes of one hierarchy's directory.
    public enum Members: Hashable, Sendable {
        /// The path does not exist in this hierarchy.
        case noSuchCgroup
        /// The processes; a threaded cgroup lists its threads.
        case processes([Int32])
        /// The list cannot be read.
        case unreadable(Reading)

        /// The processes, none if they cannot be had.
        public var list: [Int32] {
            if case .processes(let list) = self { list } else { [] }
        }
    }

    private let set: HierarchySet

    /// Looks in these trees.
    public init(_ set: HierarchySet) { self.set = set }

    /// The members of a cgroup in each of the trees, in their order.
    public func members(of path: CgroupPath) -> [Members] {
        set.hierarchies.map { members(of: path, in: $0) }
    }

    /// All processes of a cgroup over all trees.
    public func union(of path: CgroupPath) -> [Int32] {
        Set(members(of: path).flatMap(\.list)).sorted()
    }

    private func members(of path: CgroupPath, in hierarchy: MountedHierarchy) -> Members {
        let directory: OwnedDescriptor
        do throws(IOError) {
            directory = try hierarchy.open(path)
        } catch {
            return error.isGone ? .noSuchCgroup : .unreadable(IOError.reading(for: error.code))
        }
        // A threaded cgroup refuses cgroup.procs (EOPNOTSUPP) and has only threads.
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
