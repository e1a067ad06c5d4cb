internal import CgroupModel
internal import Hierarchy
internal import KernelIO

/// A write that can be put back: noted in the journal before, read back after.
struct JournaledWrite {
    let files: any ControlFiles
    let journal: UndoJournal?

    /// Writes a value.
    func write(
        _ value: String, to file: String, of directory: CgroupDirectory, cause: String
    ) throws(ActuationError) {
        try write(value, to: ControlCell(file), of: directory, cause: cause)
    }

    /// Writes a value.
    func write(
        _ value: String, to cell: ControlCell, of directory: CgroupDirectory, cause: String
    ) throws(ActuationError) {
        let original: String
        do throws(IOError) {
            original = cell.value(in: try files.text(cell.file, of: directory))
        } catch {
            throw ActuationError(error, on: directory)
        }
        let entry = try journal?.record(cell, of: directory, original, wanted: value, cause: cause)
        do throws(IOError) {
            try files.write(cell.command(value), to: cell.file, of: directory)
        } catch {
            note(entry, of: directory)
            throw ActuationError(error, on: directory)
        }
        note(entry, of: directory)
    }

    /// Puts on record what is there after a write, whether it was taken or not; what cannot be read
    /// stays unfinished, and what went with its cgroup is forgotten.
    func note(_ entry: JournalEntry?, of directory: CgroupDirectory) {
        guard let entry, let journal else { return }
        if let text = try? files.text(entry.cell.file, of: directory) {
            try? journal.finish(entry, readBack: entry.cell.value(in: text))
        } else if !directory.isCurrent {
            try? journal.close([entry], reason: "gone")
        }
    }
}

extension UndoJournal {
    /// The original is on record before anything is written; without a record nothing is.
    func record(
        _ cell: ControlCell, of directory: CgroupDirectory, _ original: String, wanted: String,
        cause: String
    ) throws(ActuationError) -> JournalEntry {
        try record(
            cell, at: directory.path, inode: directory.inode, in: directory.hierarchy,
            originalAbove(directory, cell, original) ?? original, wanted: wanted, cause: cause,
            newestBelow: newestBelow(directory, cell))
    }

    /// The same for what is no value of a cgroup that is there.
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
