internal import Actuation
internal import CgroupModel
internal import Hierarchy
internal import KernelIO

/// Cgroups for hooks: `hooks/N` below the program's own, in one tree.
///
/// The unified one where there is one, since the kernel can kill there all at once; no controller
/// is enabled, so processes may stay above.
struct HookCgroups: Sendable {
    private let set: HierarchySet
    private let base: CgroupPath

    /// Nil where the program's own cgroup, below which `name` is made, cannot be told.
    init?(_ set: HierarchySet, below name: String = "hooks") {
        let trees = [set.unified, set.legacy(.pids), set.legacy(.memory)].compactMap { $0 }
        guard let tree = trees.first else { return nil }
        self.set = set.only([set.hierarchies[tree]])
        guard let own = ProcessReader(set.system).cgroup(of: Caller.process, in: self.set) else {
            return nil
        }
        base = own.child(name.utf8)
    }

    /// Makes one; nil where that is not allowed.
    func make(_ number: Int) -> HookCgroup? {
        let path = base.child("\(number)".utf8)
        guard (try? CgroupMaker(set: set).make(path)) != nil else { return nil }
        return HookCgroup(path, in: set)
    }
}

/// The cgroup of one hook.
final class HookCgroup: Sendable {
    private let set: HierarchySet
    private let path: CgroupPath
    private let directory: OwnedDescriptor
    /// Its `cgroup.procs`, open for writing.
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

    /// The directory of v2 in which the process is born.
    var birthplace: Int32? { isUnified ? directory.number : nil }

    /// The list of v1 that the process joins.
    var memberships: [Int32] { isUnified ? [] : [members.number] }

    /// Sends a signal to all who are in it.
    func signal(_ signal: EndingSignal) {
        guard let bytes = try? ControlFile.read("cgroup.procs", in: directory) else { return }
        for pid in ProcessIDs.parse(bytes) where pid > 1 {
            try? ProcessHandle(pid).send(signal)
        }
    }

    /// Kills who is left in it, and removes it; also the one above, unless another hook is there.
    func remove() {
        let remover = CgroupRemover(set: self.set)
        _ = try? remover.remove(path, recursive: true, killing: true)
        if let above = path.parent { _ = try? remover.remove(above) }
    }
}
