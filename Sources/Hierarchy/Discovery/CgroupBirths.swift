public import CgroupModel
internal import KernelIO

/// When cgroups were made, as far as the machine still knows.
public struct CgroupBirths: Sendable {
    private let hierarchies: [MountedHierarchy]

    /// Looks in the mounted trees.
    public init(_ set: HierarchySet) { hierarchies = set.hierarchies }

    /// The earliest time of the cgroup's directories in microseconds since 1970, nil if none is left.
    ///
    /// The kernel keeps no time of birth. A directory's time may be later than that, since it is
    /// lost together with the cached inode, but never earlier.
    public func time(of path: CgroupPath) -> UInt64? {
        hierarchies.compactMap { hierarchy in
            let directory = hierarchy.directory + [0x2f] + path.relative
            return (try? OwnedDescriptor.directory(directory))?.modificationTime
        }.min()
    }
}
