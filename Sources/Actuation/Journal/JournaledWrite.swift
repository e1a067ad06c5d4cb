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
        let change: RecordedChange?
    }

    /// Records the current value and writes the new one.
    ///
    /// Call ``finish(_:)`` or ``rollBack(_:)`` afterwards; until then, the value counts as being
    /// written. A refused write leaves an earlier change its author and its deadline.
    func begin(
        _ value: String, to cell: ControlCell, of directory: CgroupDirectory, cause: String
    ) throws(ActuationError) -> Begun {
        let original = cell.value(in: try files.read(cell.file, of: directory))
        let change = try journal?.recordChange(
            cell, of: directory, original, wanted: value, cause: cause)
        do throws(ActuationError) {
            try files.put(cell.command(value), to: cell.file, of: directory)
        } catch {
            withdraw(change, found: original, of: directory)
            throw error
        }
        return Begun(cell: cell, directory: directory, original: original, change: change)
    }

    /// Records the value after a write.
    func finish(_ begun: Begun) { note(begun.change?.entry, of: begun.directory) }

    /// Records the value after a write.
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

    /// Records the values after several writes; false, without a record, if another process has
    /// restored or changed one of them since.
    ///
    /// A value that cannot be read is left to ``finish(_:)``.
    func finishUnchanged(_ all: [Begun]) -> Bool {
        guard let journal else { return true }
        var results: [(change: RecordedChange, readBack: String)] = []
        for begun in all {
            guard let change = begun.change, let value = presentValue(of: begun) else { continue }
            guard change.entry.isWritten(value) else { return false }
            results.append((change: change, readBack: value))
        }
        let readable = Set(results.map { $0.change.entry.sequence })
        if !results.isEmpty, (try? journal.finish(results)) == false { return false }
        for begun in all where !readable.contains(begun.change?.entry.sequence ?? 0) {
            finish(begun)
        }
        return true
    }

    /// Writes the value before a change again, because the change failed later.
    ///
    /// A value that another process has restored or changed since is left alone.
    func rollBack(_ begun: Begun) {
        if let change = begun.change, let journal {
            if (try? journal.isOpen(change)) == false { return }
            if let value = presentValue(of: begun), !change.entry.isWritten(value),
                !change.entry.isSame(value, begun.original)
            {
                try? journal.abandon(change)
                return
            }
        }
        let command = begun.cell.command(begun.original)
        try? files.write(command, to: begun.cell.file, of: begun.directory)
        withdraw(begun.change, found: begun.original, of: begun.directory)
    }

    /// Records the value after a refused change, which found another value.
    func withdraw(_ change: RecordedChange?, found: String, of directory: CgroupDirectory) {
        guard let change, let journal else { return }
        let cell = change.entry.cell
        let text = try? files.text(cell.file, of: directory)
        if text == nil, directory.isKnownGone {
            try? journal.close([change.entry], reason: "gone")
            return
        }
        try? journal.withdraw(change, found: found, readBack: text.map { cell.value(in: $0) })
    }

    /// The present value; nil if it cannot be read.
    private func presentValue(of begun: Begun) -> String? {
        (try? files.text(begun.cell.file, of: begun.directory)).map { begun.cell.value(in: $0) }
    }
}

extension UndoJournal {
    /// Records the original value before a write; if this fails, nothing may be written.
    func record(
        _ cell: ControlCell, of directory: CgroupDirectory, _ original: String, wanted: String,
        cause: String
    ) throws(ActuationError) -> JournalEntry {
        try recordChange(cell, of: directory, original, wanted: wanted, cause: cause).entry
    }

    /// Records the original value, and returns the change with the one that it replaces.
    func recordChange(
        _ cell: ControlCell, of directory: CgroupDirectory, _ original: String, wanted: String,
        cause: String
    ) throws(ActuationError) -> RecordedChange {
        try recordChange(
            cell, at: directory.path, inode: directory.inode, in: directory.hierarchy,
            originalAbove(directory, cell, original) ?? original, wanted: wanted, cause: cause,
            newestBelow: try newestBelow(directory, cell))
    }

    /// Records a new expiry of a value that this owner has set, which stays.
    func recordRenewal(
        _ cell: ControlCell, of directory: CgroupDirectory, _ value: String, cause: String
    ) throws(ActuationError) -> RecordedChange {
        try recordChange(
            cell, at: directory.path, inode: directory.inode, in: directory.hierarchy, value,
            wanted: value, cause: cause, renews: true)
    }

    /// Records a change that is not a control file's value, or whose cgroup may not exist yet.
    func record(
        _ cell: ControlCell, at path: CgroupPath, in hierarchy: MountedHierarchy,
        _ original: String, wanted: String, cause: String
    ) throws(ActuationError) -> JournalEntry {
        try recordChange(cell, at: path, in: hierarchy, original, wanted: wanted, cause: cause)
            .entry
    }

    /// Records such a change, and returns it with the one that it replaces.
    func recordChange(
        _ cell: ControlCell, at path: CgroupPath, inode: UInt64 = 0, in hierarchy: MountedHierarchy,
        _ original: String, wanted: String, cause: String, newestBelow: UInt64? = nil,
        renews: Bool = false
    ) throws(ActuationError) -> RecordedChange {
        do throws(JournalError) {
            return try beginChange(
                cell, at: path, inode: inode, in: hierarchy, original: original, wanted: wanted,
                cause: cause, newestBelow: newestBelow, renews: renews)
        } catch {
            throw ActuationError(unrecorded: error)
        }
    }
}
