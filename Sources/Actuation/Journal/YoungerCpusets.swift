internal import CgroupModel
internal import Hierarchy
internal import KernelIO

/// Widens v1 cpusets that were created below a cpuset while it was narrowed.
///
/// In v1 each cgroup has its own list: a cgroup created below a narrowed one starts with the narrow
/// list, and would keep it after the parent is restored. Inode numbers of a hierarchy only increase,
/// so the journal entry records the highest one at the time of the change.
struct YoungerCpusets {
    private let target: UndoTarget
    private let journal: UndoJournal
    private let files: any ControlFiles

    init(_ target: UndoTarget, _ journal: UndoJournal, _ files: any ControlFiles) {
        self.target = target
        self.journal = journal
        self.files = files
    }

    /// Writes the restored list to younger cgroups that still have the narrow one.
    func widen() throws(IOError) {
        guard let newest = target.entry.newestBelow else { return }
        let name = target.entry.cell.file
        let narrow = target.entry.readBack ?? target.entry.wanted
        let wide = try files.text(name, of: target.directory)
        guard !RangeList.isSame(wide, narrow) else { return }
        // The cgroup itself has the wide list already.
        try target.directory.visit { child throws(IOError) in
            guard child.inode > newest, RangeList.isSame(try files.text(name, of: child), narrow),
                !isOnRecord(child)
            else { return }
            try files.write(wide, to: name, of: child)
        }
    }

    /// Whether the cgroup has a journal entry of its own, which restores it.
    private func isOnRecord(_ child: CgroupDirectory) -> Bool {
        let known = (try? journal.entries(inodes: [child.inode])) ?? []
        return known.contains { $0.concerns(child) && $0.cell == target.entry.cell }
    }
}

extension RangeList {
    fileprivate static func isSame(_ left: String, _ right: String) -> Bool {
        RangeList(left) == RangeList(right)
    }
}

extension UndoJournal {
    /// Returns the highest inode at or below a cgroup, for a list that new children inherit.
    ///
    /// Throws if a cgroup cannot be opened: a restore would take it for a younger one.
    func newestBelow(
        _ directory: CgroupDirectory, _ cell: ControlCell
    ) throws(ActuationError) -> UInt64? {
        guard Self.isInherited(cell, in: directory) else { return nil }
        var newest = directory.inode
        try directory.reporting { () throws(IOError) in
            try directory.visit { newest = max(newest, $0.inode) }
        }
        return newest
    }

    /// Returns the parent's original list if the cgroup was created while the parent was narrowed.
    func originalAbove(_ directory: CgroupDirectory, _ cell: ControlCell, _ found: String)
        -> String?
    {
        guard Self.isInherited(cell, in: directory), let parent = directory.enclosing else {
            return nil
        }
        let known = (try? view(inodes: [parent.inode]))?.entries ?? []
        return known.first {
            $0.concerns(parent) && $0.cell == cell && $0.isWritten(found)
                && directory.inode > $0.newestBelow ?? .max
        }?.original
    }

    private static func isInherited(_ cell: ControlCell, in directory: CgroupDirectory) -> Bool {
        directory.hierarchy.version == .legacy
            && ["cpuset.cpus", "cpuset.mems"].contains(cell.file)
    }
}
