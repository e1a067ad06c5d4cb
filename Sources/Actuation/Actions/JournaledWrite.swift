internal import KernelIO

/// A write that can be put back: noted in the journal before, read back after.
struct JournaledWrite {
    let files: any ControlFiles
    let journal: UndoJournal?

    /// Writes a value; returns what the file holds then.
    @discardableResult
    func write(
        _ value: String, to file: String, of directory: CgroupDirectory, cause: String
    ) throws(ActuationError) -> String {
        try write(value, to: ControlCell(file), of: directory, cause: cause)
    }

    /// Writes a value; returns what the kernel shows of it then.
    @discardableResult
    func write(
        _ value: String, to cell: ControlCell, of directory: CgroupDirectory, cause: String
    ) throws(ActuationError) -> String {
        let original: String
        do throws(IOError) {
            original = cell.value(in: try files.text(cell.file, of: directory))
        } catch {
            throw ActuationError(error, on: directory)
        }
        let entry: JournalEntry?
        do throws(IOError) {
            entry = try journal?.begin(
                directory: directory, file: cell, original: original, wanted: value,
                cause: cause)
        } catch {
            throw ActuationError(
                error.isPermission ? .notPermitted : .failed,
                "nothing was done, since it could not be undone: \(error)")
        }
        do throws(IOError) {
            try files.write(cell.command(value), to: cell.file, of: directory)
            let readBack = cell.value(in: try files.text(cell.file, of: directory))
            if let entry { try? journal?.finish(entry, readBack: readBack) }
            return readBack
        } catch {
            if let entry { try? journal?.finish(entry, readBack: original) }
            throw ActuationError(error, on: directory)
        }
    }
}

extension UndoJournal {
    /// Notes that a file of a cgroup holds another value now; nothing if it was never changed.
    func settle(_ file: String, inode: UInt64, readBack: String) {
        guard let entries = try? entries() else { return }
        for entry in entries where entry.inode == inode && entry.cell.file == file {
            try? finish(entry, readBack: readBack)
        }
    }
}
