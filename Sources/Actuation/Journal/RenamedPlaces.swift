internal import CgroupModel
internal import Hierarchy

/// Where cgroups of v1 are that were renamed since: a rename keeps the inode (v2 has none).
///
/// A tree is walked once, and only when a path does not lead to its cgroup any more.
final class RenamedPlaces {
    private var paths: [String: [UInt64: CgroupPath]] = [:]

    /// The cgroup of an inode, whatever its path is now; nil if it is gone.
    func directory(_ inode: UInt64, in hierarchy: MountedHierarchy) -> CgroupDirectory? {
        guard hierarchy.version == .legacy else { return nil }
        let known = paths[hierarchy.label] ?? Self.walk(hierarchy)
        paths[hierarchy.label] = known
        guard let path = known[inode], let found = try? CgroupDirectory(path, in: hierarchy),
            found.inode == inode
        else { return nil }
        return found
    }

    private static func walk(_ hierarchy: MountedHierarchy) -> [UInt64: CgroupPath] {
        var found: [UInt64: CgroupPath] = [:]
        var open = [CgroupPath.root]
        while let path = open.popLast() {
            guard let directory = try? CgroupDirectory(path, in: hierarchy) else { continue }
            found[directory.inode] = path
            open += (try? directory.childPaths()) ?? []
        }
        return found
    }
}
