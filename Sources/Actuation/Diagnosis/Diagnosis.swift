package import CgroupModel

/// A report on what this host, its kernel and this process's privileges allow.
package struct Diagnosis: Sendable {
    /// One cgroup hierarchy.
    package struct Tree: Sendable {
        /// The label: `cpu,cpuacct`, `unified`.
        package let label: String
        /// The mount point.
        package let mountPoint: String
        /// The controllers attached to it.
        package let controllers: [Controller]
        /// Why its root cgroup cannot be changed; nil if it can.
        package let refusal: String?
        /// The cgroup of this process in it; nil if unknown.
        package let own: CgroupPath?
        /// Whether that cgroup can be changed.
        package let ownIsWritable: Bool
    }

    /// Whether and how one command works here.
    package struct Ability: Sendable {
        /// The command and its object: `set memory`.
        package let command: String
        /// The interface that it works through; nil if it does not work.
        package let means: String?
        /// Why it works only partly or not at all; nil if it works fully.
        package let reason: String?
    }

    /// A program that also limits cgroups or kills processes.
    package struct Limiter: Sendable {
        /// The process ID.
        package let pid: Int32
        /// The process's name.
        package let name: String
        /// Its effect on cgroups, or the command line of a process of this program.
        package let effect: String
    }

    /// The kernel release: `6.18.15`.
    package let kernel: String
    /// The layout of the mounted hierarchies.
    package let mode: HierarchyMode
    /// The mounted hierarchies.
    package let trees: [Tree]
    /// The effective user ID; nil if unknown.
    package let user: UInt32?
    /// The relevant capabilities, whether this process has them, and their use.
    package let capabilities: [(name: String, isHeld: Bool, use: String)]
    /// The commands' abilities.
    package let abilities: [Ability]
    /// The limits of open files, inotify watches and inotify instances; absent where unreadable.
    package let descriptors, watches, watchInstances: Reading
    /// Why pressure information is not available; nil if it is.
    package let pressureRefusal: String?
    /// The host's swap in bytes.
    package let swapTotal: Reading
    /// Whether swap is accounted per cgroup; nil if unknown.
    package let accountsSwap: Bool?
    /// The installed version of systemd; nil without systemd.
    package let systemdVersion: String?
    /// The version of the running systemd, or why it did not answer; nil if the host runs without
    /// it.
    package let runningSystemd: Result<String, ActuationError>?
    /// Whether the host runs systemd.
    package let runsSystemd: Bool
    /// The name of process 1.
    package let initialProcess: String
    /// Other programs that limit cgroups or kill processes.
    package let limiters: [Limiter]
    /// The daemons of this program.
    package let daemons: [Limiter]
    /// Other processes of this program.
    package let siblings: [Limiter]
}
