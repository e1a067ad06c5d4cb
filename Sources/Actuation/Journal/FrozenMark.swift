internal import CgroupModel
internal import Hierarchy
internal import KernelIO

/// A mark on a cgroup whose freeze is recorded in our undo journal.
///
/// It survives a journal that has become unreadable. It is the extended attribute
/// `user.cgwarden.frozen`, and holds the journal's directory and, after a newline, the owner unless
/// that is a person.
struct FrozenMark {
    private static let name = "user.cgwarden.frozen"

    let journal: UndoJournal?

    func put(on cgroup: borrowing OwnedDescriptor) {
        guard let journal else { return }
        let owner = journal.owner.isEmpty ? "" : "\n\(journal.owner)"
        cgroup.setAttribute(Self.name, journal.directory + owner)
    }

    static func take(from cgroup: borrowing OwnedDescriptor) { cgroup.removeAttribute(name) }

    /// Thaws all cgroups with the mark, and returns how many were frozen.
    ///
    /// Their timeouts are lost with the journal.
    func thawAll(
        in set: HierarchySet, _ files: any ControlFiles, of owners: ChangeOwners = .all
    ) -> Int {
        guard let journal else { return 0 }
        let own = Array(journal.directory.utf8)
        var count = 0
        for index in [set.unified, set.legacy(.freezer)].compactMap(\.self) {
            let hierarchy = set.hierarchies[index]
            let interface = FreezeInterface(version: hierarchy.version)
            let all = (try? CgroupDirectory(.root, in: hierarchy))?.visibleSubtree ?? []
            for cgroup in all {
                guard let mark = cgroup.descriptor.attribute(Self.name), mark.starts(with: own),
                    mark.count == own.count || mark[own.count] == UInt8(ascii: "\n"),
                    owners.include(isDaemons: mark.count > own.count)
                else { continue }
                let isFrozen = try? interface.isRequested { file throws(IOError) in
                    try files.text(file, of: cgroup)
                }
                if isFrozen != false {
                    try? files.write(interface.thawedValue, to: interface.file, of: cgroup)
                    count += 1
                }
                Self.take(from: cgroup.descriptor)
            }
        }
        return count
    }
}
