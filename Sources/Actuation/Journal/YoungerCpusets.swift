internal import CgroupModel
internal import Hierarchy
internal import KernelIO

/// Cgroups of v1 that were made while the list of CPUs or memory nodes above them was narrowed.
///
/// v1 gives each cgroup a list of its own: one that is made below a narrowed one starts with the
/// narrow list, and would keep it when the one above gets its own back. Inodes of one tree only
/// grow, so the journal tells by the newest at the time who was made later.
struct YoungerCpusets {
    private let target: UndoTarget
    private let journal: UndoJournal
    private let files: any ControlFiles

    init(_ target: UndoTarget, _ journal: UndoJournal, _ files: any ControlFiles) {
        self.target = target
        self.journal = journal
        self.files = files
    }

    /// Gives those that still have the narrow list what the one above has again.
    func widen() throws(IOError) {
        guard let newest = target.entry.newestBelow else { return }
        let name = target.entry.cell.file
        let narrow = target.entry.readBack ?? target.entry.wanted
        let wide = try files.text(name, of: target.directory)
        guard !RangeList.isSame(wide, narrow) else { return }
        for child in try target.directory.subtree().dropFirst() where child.inode > newest {
            do throws(IOError) {
                let text = try files.text(name, of: child)
                guard RangeList.isSame(text, narrow), !isOnRecord(child) else { continue }
                try files.write(wide, to: name, of: child)
            } catch  where error.isGone {
                continue
            }
        }
    }

    /// What was changed itself is put back by its own entry.
    private func isOnRecord(_ child: CgroupDirectory) -> Bool {
        let known = (try? journal.view(inodes: [child.inode]))?.entries ?? []
        return known.contains { $0.concerns(child) && $0.cell == target.entry.cell }
    }
}

extension RangeList {
    fileprivate static func isSame(_ left: String, _ right: String) -> Bool {
        RangeList(left) == RangeList(right)
    }
}

extension UndoJournal {
    /// The newest cgroup below one, for a list whose narrowing those that are made later take over.
    func newestBelow(_ directory: CgroupDirectory, _ cell: ControlCell) -> UInt64? {
        guard Self.isInherited(cell, in: directory) else { return nil }
        return ((try? directory.subtree()) ?? [directory]).map(\.inode).max()
    }

    /// What a list would be if the one above had not been narrowed before its cgroup was made; nil
    /// if that did not happen.
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
