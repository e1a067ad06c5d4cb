package import CgroupModel

/// A cgroup, or the kernel threads, that can still use the CPUs of an exclusive pool.
package struct PoolLeftover: Hashable, Sendable, CustomStringConvertible {
    /// The cgroup of the processes; nil for kernel threads, which cgroups do not restrict.
    package var path: CgroupPath?
    /// Whether only processes directly in the cgroup can use them; its children are confined.
    package var isDirectOnly: Bool

    /// The text of a report.
    package var description: String {
        let users = path.map { isDirectOnly ? "processes directly in \($0)" : "\($0)" }
        return "\(users ?? "kernel threads") can still use these CPUs"
    }
}
