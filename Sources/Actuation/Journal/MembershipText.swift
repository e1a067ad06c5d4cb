internal import CgroupModel

/// A process's cgroup in one hierarchy in the journal's form: `INODE PATH`.
///
/// Bytes of the path other than printable ASCII become `%XX`, so that every path round-trips.
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
