internal import CgroupModel
internal import Hierarchy
internal import KernelIO

/// A reversible write: it is recorded in the journal first and read back afterwards.
struct JournaledWrite {
    let files: any ControlFiles
    let journal: UndoJournal?

    /// Writes the value to a file of the cgroup.
    func write(
        _ value: String, to file: String, of directory: CgroupDirectory, cause: String
    ) throws(ActuationError) {
        try write(value, to: ControlCell(file), of: directory, cause: cause)
    }

    /// Records the current value, writes the new one and records the result.
    func write(
        _ value: String, to cell: ControlCell, of directory: CgroupDirectory, cause: String
    ) throws(ActuationError) {
        let original = cell.value(in: try files.read(cell.file, of: directory))
        let entry = try journal?.record(cell, of: directory, original, wanted: value, cause: cause)
        defer { note(entry, of: directory) }
        try files.put(cell.command(value), to: cell.file, of: directory)
    }

    /// Records the value after a write, successful or not.
    ///
    /// An unreadable value leaves the entry unfinished. If the cgroup is gone, the entry is closed.
    func note(_ entry: JournalEntry?, of directory: CgroupDirectory) {
        guard let entry, let journal else { return }
        if let text = try? files.text(entry.cell.file, of: directory) {
            try? journal.finish(entry, readBack: entry.cell.value(in: text))
        } else if directory.isKnownGone {
            try? journal.close([entry], reason: "gone")
        }
    }
}

extension UndoJournal {
    /// Records the original value before a write; if this fails, nothing may be written.
    func record(
        _ cell: ControlCell, of directory: CgroupDirectory, _ original: String, wanted: String,
        cause: String
    ) throws(ActuationError) -> JournalEntry {
        try record(
            cell, at: directory.path, inode: directory.inode, in: directory.hierarchy,
            originalAbove(directory, cell, original) ?? original, wanted: wanted, cause: cause,
            newestBelow: newestBelow(directory, cell))
    }

    /// Records a change that is not a control file's value, or whose cgroup may not exist yet.
    func record(
        _ cell: ControlCell, at path: CgroupPath, inode: UInt64 = 0, in hierarchy: MountedHierarchy,
        _ original: String, wanted: String, cause: String, newestBelow: UInt64? = nil
    ) throws(ActuationError) -> JournalEntry {
        do throws(JournalError) {
            return try begin(
                cell, at: path, inode: inode, in: hierarchy, original: original, wanted: wanted,
                cause: cause, newestBelow: newestBelow)
        } catch {
            throw ActuationError(unrecorded: error)
        }
    }
}
