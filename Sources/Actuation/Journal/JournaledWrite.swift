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
        finish(try begin(value, to: cell, of: directory, cause: cause))
    }

    /// A value that was written, until its result is recorded.
    struct Begun {
        let cell: ControlCell
        let directory: CgroupDirectory
        /// The value before the write.
        let original: String
        /// The record; nil without a journal.
        let entry: JournalEntry?
        /// The earlier change that the record replaces, if that expires.
        let replaced: JournalEntry?
    }

    /// Records the current value and writes the new one.
    ///
    /// Call ``finish(_:)`` or ``rollBack(_:)`` afterwards; until then, the value counts as being
    /// written. A refused write leaves an earlier change its deadline.
    func begin(
        _ value: String, to cell: ControlCell, of directory: CgroupDirectory, cause: String
    ) throws(ActuationError) -> Begun {
        let original = cell.value(in: try files.read(cell.file, of: directory))
        let replaced = journal?.expiringEntry(of: cell, in: directory)
        let entry = try journal?.record(cell, of: directory, original, wanted: value, cause: cause)
        let begun = Begun(
            cell: cell, directory: directory, original: original, entry: entry, replaced: replaced)
        do throws(ActuationError) {
            try files.put(cell.command(value), to: cell.file, of: directory)
        } catch {
            withdraw(begun)
            throw error
        }
        return begun
    }

    /// Records the value after a write.
    func finish(_ begun: Begun) { note(begun.entry, of: begun.directory) }

    /// Writes the value before a change again, because the change failed later.
    func rollBack(_ begun: Begun) {
        let command = begun.cell.command(begun.original)
        try? files.write(command, to: begun.cell.file, of: begun.directory)
        withdraw(begun)
    }

    /// Records the value after a refused change, and the deadline of the change before it.
    private func withdraw(_ begun: Begun) {
        note(begun.entry, of: begun.directory)
        if let replaced = begun.replaced { try? journal?.expireAgain([replaced]) }
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
            newestBelow: try newestBelow(directory, cell))
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
