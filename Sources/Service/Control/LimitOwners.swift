internal import Actuation
package import CgroupModel
package import Hierarchy
internal import KernelIO

/// Who set the values of cgroups: cgwarden by its journal, or the manager of the cgroup.
package final class LimitOwners {
    private let set: HierarchySet
    private let changes: [JournalEntry]
    private let probe: OwnershipProbe

    /// Reads the journal, if this user has one.
    package init(in set: HierarchySet) {
        self.set = set
        changes = (try? StateDirectory.journal().entries()) ?? []
        probe = OwnershipProbe(system: set.system)
    }

    /// Returns who set a file of a cgroup, for people: `rule park`, `systemd (ssh.service)`.
    ///
    /// `file` may have a key after a blank. Nil if nobody is known. systemd has at most 5 s to
    /// answer.
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
            return (try? probe.owner(of: directory))?.name
        }
        return nil
    }
}

extension CgroupOwner {
    /// The owner for people; nil if there is none.
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
