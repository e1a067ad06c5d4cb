package import CgroupModel

/// A cgroup, or the kernel threads, that can still use the CPUs of an exclusive pool.
package struct PoolLeftover: Hashable, Sendable, CustomStringConvertible {
    /// The cgroup of the processes; nil for kernel threads, which cgroups do not restrict.
    package var path: CgroupPath?
    /// Whether only processes directly in the cgroup can use them; its children are confined.
    package var isDirectOnly: Bool

    /// The text of a report.
    package var description: String {
        guard let path else { return "kernel threads: still allowed here" }
        return isDirectOnly
            ? "processes directly in \(path): still allowed here" : "\(path): still allowed here"
    }
}
