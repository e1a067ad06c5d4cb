public import CgroupModel
internal import KernelIO

/// When cgroups were made, as far as the kernel remembers.
public struct CgroupBirths: Sendable {
    private let directories: [[UInt8]]

    /// Looks in a machine's trees.
    public init(_ set: HierarchySet) { directories = set.hierarchies.map(\.directory) }

    /// The earliest change of a cgroup's directories and of a file in them that nothing changes,
    /// in microseconds since 1970; nil for a cgroup that is gone.
    ///
    /// cgroupfs keeps no birth time. It forgets that of a change too when memory is short, and then
    /// tells a later one, never an earlier: ask early, and keep the answer.
    public func time(of path: CgroupPath) -> UInt64? {
        let below = path.isRoot ? [] : path.bytes
        let places = directories.flatMap { [$0 + below, $0 + below + Self.quietFile] }
        return places.compactMap(FileTime.modified).min()
    }

    private static let quietFile = Array("/cgroup.procs".utf8)
}
