public import CgroupModel
public import Hierarchy

/// What this machine, its kernel and the privileges of this process allow.
public struct Diagnosis: Sendable {
    /// One cgroup tree.
    public struct Tree: Sendable {
        /// `cpu,cpuacct`, `unified`.
        public let label: String
        /// Where it is mounted.
        public let mountPoint: String
        /// What it controls.
        public let controllers: [Controller]
        /// Why nothing can be changed at its top; nil if it can.
        public let refusal: String?
        /// The cgroup of this process in it; nil if it cannot be told.
        public let own: CgroupPath?
        /// Whether that can be changed.
        public let ownIsWritable: Bool
    }

    /// What one command could do here.
    public struct Ability: Sendable {
        /// The command, with what it acts on: `set memory`.
        public let command: String
        /// Through what it works; nil if it does not.
        public let means: String?
        /// Why it does not, or does only in part.
        public let reason: String?
    }

    /// A program that also limits cgroups or ends processes.
    public struct Limiter: Sendable {
        /// The process.
        public let pid: Int32
        /// Its name.
        public let name: String
        /// What it does to cgroups.
        public let effect: String
    }

    /// `6.18.15`.
    public let kernel: String
    /// How the hierarchies are mounted.
    public let mode: HierarchyMode
    /// The trees.
    public let trees: [Tree]
    /// The effective user; nil if it cannot be told.
    public let user: UInt32?
    /// The capabilities that matter, and whether this process has each.
    public let capabilities: [(name: String, isHeld: Bool, use: String)]
    /// What the commands could do.
    public let abilities: [Ability]
    /// Files that may be open, and inotify's limits; absent where they cannot be read.
    public let descriptors, watches, watchInstances: Reading
    /// Why there is no pressure information; nil if there is.
    public let pressureRefusal: String?
    /// Swap of the machine in bytes.
    public let swapTotal: Reading
    /// Whether swap is accounted by cgroup; nil if it cannot be told.
    public let accountsSwap: Bool?
    /// systemd's version as installed; nil without systemd.
    public let systemdVersion: String?
    /// The version of the systemd that runs the machine, or why it cannot be asked; nil where none
    /// does.
    public let runningSystemd: Result<String, ActuationError>?
    /// Whether systemd runs the machine.
    public let runsSystemd: Bool
    /// The name of process 1.
    public let initialProcess: String
    /// Other programs that limit.
    public let limiters: [Limiter]
    /// Other processes of this program.
    public let siblings: [Limiter]
}
