internal import CgroupModel
internal import Hierarchy
internal import KernelIO

/// A mark on a cgroup that its freeze is on record in our undo journal, which tells so even when
/// that has become illegible: the extended attribute `user.cgwarden.frozen`, with the journal's
/// directory.
struct FrozenMark {
    private static let name = "user.cgwarden.frozen"

    let journal: UndoJournal?

    func put(on cgroup: borrowing OwnedDescriptor) {
        if let journal { cgroup.setAttribute(Self.name, journal.directory) }
    }

    static func take(from cgroup: borrowing OwnedDescriptor) { cgroup.removeAttribute(name) }

    /// Lets all go on that bear it; returns how many were frozen.
    ///
    /// Nobody knows any more for how long they were to be.
    func thawAll(in set: HierarchySet, _ files: any ControlFiles) -> Int {
        guard let own = journal.map({ Array($0.directory.utf8) }) else { return 0 }
        var count = 0
        for index in [set.unified, set.legacy(.freezer)].compactMap(\.self) {
            let hierarchy = set.hierarchies[index]
            let interface = FreezeInterface(version: hierarchy.version)
            let all = (try? CgroupDirectory(.root, in: hierarchy).subtree()) ?? []
            for cgroup in all where cgroup.descriptor.attribute(Self.name) == own {
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
