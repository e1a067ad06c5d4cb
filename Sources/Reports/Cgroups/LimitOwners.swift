package import Actuation
package import CgroupModel
package import Hierarchy

/// Finds the owner of a cgroup's limits: cgwarden, according to its undo journal, or the manager.
package final class LimitOwners {
    private let set: HierarchySet
    private let changes: [JournalEntry]
    private let probe: OwnershipProbe
    /// The managers found so far, because a lookup may wait for systemd.
    ///
    /// They are kept by hierarchy, because systemd manages only some of v1's.
    private var managers: [String: [CgroupPath: Result<CgroupOwner, ActuationError>]] = [:]

    /// Searches a host; a journal that cannot be read counts as empty.
    package init(in set: HierarchySet, journal: UndoJournal?) {
        self.set = set
        changes = (try? journal?.entries()) ?? []
        probe = OwnershipProbe(system: set.system)
    }

    /// Returns the program that set a file of a cgroup, as text: `cgwarden (rule NAME)`,
    /// `systemd (ssh.service)`; nil if unknown.
    ///
    /// `file` may have a key after a space. The first call for a cgroup waits up to 5 s for
    /// systemd.
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
            return change?.author ?? (try? manager(of: directory).get())?.name
        }
        return nil
    }

    /// Returns the manager of a cgroup and the values that cgwarden has set there; waits for
    /// systemd if it runs.
    package func report(on path: CgroupPath) -> OwnerReport {
        var found = Result<CgroupOwner, ActuationError>.success(.nobody)
        for index in set.byIdentity {
            guard let directory = try? CgroupDirectory(path, in: set.hierarchies[index]) else {
                continue
            }
            found = manager(of: directory)
            if case .success(.nobody) = found { continue }
            break
        }
        return OwnerReport(
            found, changes.filter { $0.path == path && $0.subject == .value }, in: set)
    }

    private func manager(of directory: CgroupDirectory) -> Result<CgroupOwner, ActuationError> {
        let (label, path) = (directory.hierarchy.label, directory.path)
        if let known = managers[label]?[path] { return known }
        let found = Result { () throws(ActuationError) in try probe.owner(of: directory) }
        managers[label, default: [:]][path] = found
        return found
    }
}
