public import CgroupModel
public import Hierarchy

/// A report on what this host, its kernel and this process's privileges allow.
public struct Diagnosis: Sendable {
    /// One cgroup hierarchy.
    public struct Tree: Sendable {
        /// The label: `cpu,cpuacct`, `unified`.
        public let label: String
        /// The mount point.
        public let mountPoint: String
        /// The controllers attached to it.
        public let controllers: [Controller]
        /// Why its root cgroup cannot be changed; nil if it can.
        public let refusal: String?
        /// The cgroup of this process in it; nil if unknown.
        public let own: CgroupPath?
        /// Whether that cgroup can be changed.
        public let ownIsWritable: Bool
    }

    /// Whether and how one command works here.
    public struct Ability: Sendable {
        /// The command and its object: `set memory`.
        public let command: String
        /// The interface that it works through; nil if it does not work.
        public let means: String?
        /// Why it does not work, or only partly; nil if it works fully.
        public let reason: String?
    }

    /// A program that also limits cgroups or kills processes.
    public struct Limiter: Sendable {
        /// The process ID.
        public let pid: Int32
        /// The process's name.
        public let name: String
        /// Its effect on cgroups, or the command line of a process of this program.
        public let effect: String
    }

    /// The kernel release: `6.18.15`.
    public let kernel: String
    /// The layout of the mounted hierarchies.
    public let mode: HierarchyMode
    /// The mounted hierarchies.
    public let trees: [Tree]
    /// The effective user ID; nil if unknown.
    public let user: UInt32?
    /// The relevant capabilities, whether this process has them, and their use.
    public let capabilities: [(name: String, isHeld: Bool, use: String)]
    /// The commands' abilities.
    public let abilities: [Ability]
    /// The limits of open files, inotify watches and inotify instances; absent where unreadable.
    public let descriptors, watches, watchInstances: Reading
    /// Why pressure information is not available; nil if it is.
    public let pressureRefusal: String?
    /// The host's swap in bytes.
    public let swapTotal: Reading
    /// Whether swap is accounted per cgroup; nil if unknown.
    public let accountsSwap: Bool?
    /// The installed version of systemd; nil without systemd.
    public let systemdVersion: String?
    /// The version of the running systemd, or why it did not answer; nil if the host runs without
    /// it.
    public let runningSystemd: Result<String, ActuationError>?
    /// Whether the host runs systemd.
    public let runsSystemd: Bool
    /// The name of process 1.
    public let initialProcess: String
    /// Other programs that limit cgroups or kill processes.
    public let limiters: [Limiter]
    /// Other processes of this program.
    public let siblings: [Limiter]
}
