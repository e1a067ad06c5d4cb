internal import CgroupModel
internal import Hierarchy
internal import KernelIO

/// A write to a limit file.
struct LimitWrite: Sendable {
    /// The cgroup.
    let path: CgroupPath
    /// The file.
    let file: String
    /// The text of the file after the write.
    let text: String
    /// The time at which the write was noticed.
    let time: EventTime
    /// The process that wrote.
    let writer: Writer
}

/// The root directories of the hierarchies, to find the cgroup of a written file.
struct WrittenPlaces: Sendable {
    private final class Root: Sendable {
        let path: [UInt8]
        let device: UInt64
        let directory: OwnedDescriptor

        init(_ hierarchy: MountedHierarchy) throws(IOError) {
            directory = try OwnedDescriptor.directory(hierarchy.directory)
            path = hierarchy.directory
            device = directory.device
        }
    }

    private var roots: [Root] = []

    /// Opens the roots and watches them.
    init(_ set: HierarchySet, _ watch: borrowing WriteWatch) throws(IOError) {
        for hierarchy in set.hierarchies {
            let root = try Root(hierarchy)
            try watch.add(root.directory)
            roots.append(root)
        }
    }

    /// Returns the cgroup and the name of an open limit file; nil for any other file, for a removed
    /// cgroup, and outside the mounts.
    func limitFile(_ file: borrowing OwnedDescriptor) -> (path: CgroupPath, name: String)? {
        guard let shown = file.path(), let slash = shown.lastIndex(of: UInt8(ascii: "/")) else {
            return nil
        }
        let name = String(decoding: shown[(slash + 1)...], as: UTF8.self)
        // A write-only file has no value to report.
        guard LimitCatalog.rows(ofFile: name).contains(where: { $0.file.coding != .command })
        else { return nil }
        let device = file.device
        guard let root = roots.first(where: { $0.device == device }) else { return nil }
        // The writer may have used another mount, such as a container's, with another root.
        let full = file.path(through: root.directory) ?? shown
        guard full.starts(with: root.path), full.count > root.path.count,
            full[root.path.count] == UInt8(ascii: "/"),
            full.suffix(name.utf8.count) == Array(name.utf8)[...]
        else { return nil }
        let path = full.dropFirst(root.path.count).dropLast(name.utf8.count)
        return (CgroupPath(normalising: Array(path)), name)
    }
}
