internal import Actuation
package import CgroupModel
package import Hierarchy
internal import KernelIO

/// Finds who set the values of cgroups: cgwarden, by its journal, or the manager of the cgroup.
package final class LimitOwners {
    private let set: HierarchySet
    private let changes: [JournalEntry]
    private let probe: OwnershipProbe
    /// The known managers by hierarchy, because systemd manages only some of v1's; it is waited for
    /// once a cgroup.
    private var managers: [String: [CgroupPath: String?]] = [:]

    /// Reads the undo journal, if this user has one.
    package init(in set: HierarchySet) {
        self.set = set
        changes = (try? StateDirectory.journal().entries()) ?? []
        probe = OwnershipProbe(system: set.system)
    }

    /// Returns who set a file of a cgroup, as text: `systemd (ssh.service)`, `pool NAME`, or for a
    /// rule its name alone; nil if unknown.
    ///
    /// `file` may have a key after a space. The first call for a cgroup waits up to 5 s for systemd.
    package func owner(of file: String, in path: CgroupPath) -> String? {
        let name = file.prefix { $0 != " " }
        for hierarchy in set.hierarchies {
            guard let directory = try? CgroupDirectory(path, in: hierarchy),
                (try? directory.text(String(name))) != nil
            else { continue }
            let change = changes.last { entry in
                entry.hierarchy == hierarchy.label && entry.inode == directory.inode
                    && entry.cell.file == name
            }
            if let change { return change.isDaemons ? change.cause : "cgwarden \(change.cause)" }
            if let known = managers[hierarchy.label]?[path] { return known }
            let manager = (try? probe.owner(of: directory))?.name
            managers[hierarchy.label, default: [:]][path] = .some(manager)
            return manager
        }
        return nil
    }
}

extension CgroupOwner {
    /// The owner as text; nil if there is none.
    fileprivate var name: String? {
        switch self {
        case .nobody: nil
        case .systemd(let unit): "systemd (\(unit.name))"
        case .delegated(let unit): "a process of \(unit.name)"
        case .container(let runtime, _): runtime
        case .kubelet: "the kubelet"
        case .ours: "cgwarden"
        }
    }
}
