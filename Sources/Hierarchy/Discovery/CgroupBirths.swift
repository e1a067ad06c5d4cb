package import CgroupModel
internal import KernelIO

/// Estimates the creation times of cgroups.
package struct CgroupBirths: Sendable {
    private let directories: [[UInt8]]

    /// Uses the hierarchies of a host.
    package init(_ set: HierarchySet) { directories = set.hierarchies.map(\.directory) }

    /// The creation time in microseconds since 1970; nil if the cgroup is gone.
    ///
    /// cgroupfs stores no birth time. This is the earliest modification time of the cgroup's
    /// directories and of their `cgroup.procs`, which nothing modifies. Under memory pressure the
    /// kernel drops those times and later reports a newer one, never an older one: ask early and
    /// keep the answer.
    package func time(of path: CgroupPath) -> UInt64? {
        let below = path.isRoot ? [] : path.bytes
        let places = directories.flatMap { [$0 + below, $0 + below + Self.quietFile] }
        return places.compactMap(FileTime.modified).min()
    }

    private static let quietFile = Array("/cgroup.procs".utf8)
}
