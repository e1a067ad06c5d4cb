internal import Actuation
internal import CgroupModel
internal import Hierarchy
internal import KernelIO

/// Creates cgroups for hooks: `hooks/PID-START-N` below the program's own cgroup, in one hierarchy,
/// where PID and START are the program's: in a container, the next program often has the same PID.
///
/// The unified one is preferred, because the kernel can kill a whole cgroup there. No controller is
/// enabled, so the parent may have processes.
struct HookCgroups: Sendable {
    private let set: HierarchySet
    private let base: CgroupPath
    /// The start of all names.
    private let prefix: String

    /// Chooses the hierarchy; nil if there is no suitable one or the program's own cgroup is
    /// unknown.
    init?(_ set: HierarchySet, below name: String = "hooks") {
        let trees = [set.unified, set.legacy(.pids), set.legacy(.memory)].compactMap { $0 }
        guard let tree = trees.first else { return nil }
        self.set = set.only([set.hierarchies[tree]])
        guard let own = ProcessReader(set.system).cgroup(of: ThisProcess.id, in: self.set) else {
            return nil
        }
        base = own.child(name.utf8)
        prefix = "\(ThisProcess.id)-\(Self.start(of: ThisProcess.id, in: set) ?? 0)-"
        removeLeftovers()
    }

    /// Returns the start time in ticks since boot (proc_pid_stat(5)); nil if the process is gone.
    private static func start(of pid: Int32, in set: HierarchySet) -> UInt64? {
        ProcessReader(set.system).stat(pid)?.startTicks
    }

    /// Removes the empty cgroups of programs that were killed before they could do so themselves.
    ///
    /// A hook that still runs keeps its cgroup (rmdir(2) refuses), since it may be of use.
    private func removeLeftovers() {
        let hierarchy = set.hierarchies[0]
        guard let listing = try? hierarchy.open(base),
            let entries = try? listing.reopened().entries(path: base.description)
        else { return }
        let remover = CgroupRemover(ActingContext(set))
        for entry in entries where entry.isDirectory {
            let parts = entry.name.split(separator: UInt8(ascii: "-"))
            let numbers = parts.compactMap { UInt64(String(decoding: $0, as: UTF8.self)) }
            guard parts.count == 3, numbers.count == 3, let pid = Int32(exactly: numbers[0]),
                Self.start(of: pid, in: set) != numbers[1]
            else { continue }
            _ = try? remover.remove(base.child(entry.name))
        }
        _ = try? remover.remove(base)
    }

    /// Creates one cgroup; nil if that fails.
    func make(_ number: Int) -> HookCgroup? {
        let path = base.child("\(prefix)\(number)".utf8)
        guard (try? CgroupMaker(ActingContext(set)).make(path)) != nil else { return nil }
        return HookCgroup(path, in: set)
    }
}

/// The cgroup of one hook.
final class HookCgroup: Sendable {
    private let set: HierarchySet
    private let path: CgroupPath
    private let directory: OwnedDescriptor
    /// `cgroup.procs`, open for writing.
    private let members: OwnedDescriptor

    fileprivate init?(_ path: CgroupPath, in set: HierarchySet) {
        self.set = set
        self.path = path
        guard let opened = try? set.hierarchies[0].open(path),
            let list = try? OwnedDescriptor.writable("cgroup.procs", in: opened)
        else { return nil }
        members = list
        directory = opened
    }

    private var isUnified: Bool { self.set.hierarchies[0].version == .unified }

    /// The v2 directory that the process starts in; nil on v1.
    var birthplace: Int32? { isUnified ? directory.number : nil }

    /// The v1 `cgroup.procs` that the process joins; empty on v2.
    var memberships: [Int32] { isUnified ? [] : [members.number] }

    /// Sends a signal to all processes in it.
    func signal(_ signal: EndingSignal) {
        guard let bytes = try? ControlFile.read("cgroup.procs", in: directory) else { return }
        for pid in ProcessIDs.parse(bytes) where pid > 1 {
            try? ProcessHandle(pid).send(signal)
        }
    }

    /// Kills the remaining processes and removes the cgroup, and its parent unless another hook is
    /// in it.
    func remove() {
        let remover = CgroupRemover(ActingContext(self.set))
        _ = try? remover.remove(path, recursive: true, killing: true)
        if let above = path.parent { _ = try? remover.remove(above) }
    }
}
