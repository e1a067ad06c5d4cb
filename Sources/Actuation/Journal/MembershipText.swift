internal import CgroupModel

/// The cgroup of a process in one hierarchy, as the journal keeps it: `INODE PATH`.
///
/// Bytes of the path that are not printable ASCII are written `%XX`, so that every path survives.
struct MembershipText: CustomStringConvertible {
    let inode: UInt64
    let path: CgroupPath

    init(_ directory: CgroupDirectory) {
        inode = directory.inode
        path = directory.path
    }

    init?(_ text: String) {
        let parts = text.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, let inode = UInt64(parts[0]) else { return nil }
        self.inode = inode
        path = CgroupPath(normalising: PercentText.decoded(parts[1]))
    }

    var description: String { "\(inode) \(PercentText.encoded(path.bytes))" }
}
