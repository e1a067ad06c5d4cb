internal import CgroupModel
internal import Hierarchy

/// Finds renamed cgroups by their inodes, which a rename keeps; v2 cannot rename.
///
/// It walks a hierarchy once, and only if a path no longer leads to its cgroup.
final class RenamedPlaces {
    private var paths: [String: [UInt64: CgroupPath]] = [:]

    /// Returns the cgroup with an inode; nil if it was removed.
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
