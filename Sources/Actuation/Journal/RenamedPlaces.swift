internal import CgroupModel
internal import Hierarchy
internal import KernelIO

/// Finds renamed cgroups by their inodes, which a rename keeps; v2 cannot rename.
///
/// It walks a hierarchy once, and only if a path no longer leads to its cgroup.
final class RenamedPlaces {
    private var paths: [String: [UInt64: CgroupPath]] = [:]

    /// Returns the cgroup with an inode; nil if it was removed.
    func directory(
        _ inode: UInt64, in hierarchy: MountedHierarchy
    ) throws(IOError) -> CgroupDirectory? {
        guard hierarchy.version == .legacy else { return nil }
        let known: [UInt64: CgroupPath]
        if let walked = paths[hierarchy.label] {
            known = walked
        } else {
            known = try Self.walk(hierarchy)
        }
        paths[hierarchy.label] = known
        guard let path = known[inode],
            let found = try CgroupDirectory.existing(path, in: hierarchy), found.inode == inode
        else { return nil }
        return found
    }

    private static func walk(
        _ hierarchy: MountedHierarchy
    ) throws(IOError) -> [UInt64: CgroupPath] {
        var found: [UInt64: CgroupPath] = [:]
        var next = [CgroupPath.root]
        // One descriptor at a time: a host has more cgroups than a command may open.
        while let path = next.popLast() {
            do throws(IOError) {
                guard let directory = try CgroupDirectory.existing(path, in: hierarchy) else {
                    continue
                }
                found[directory.inode] = path
                next += try directory.childPaths()
            } catch  where error.isGone || error.isCovered {
                continue
            }
        }
        return found
    }
}
