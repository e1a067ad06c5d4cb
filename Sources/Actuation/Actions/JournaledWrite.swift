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
        let original: String
        do throws(IOError) {
            original = try files.text(file, of: directory)
        } catch {
            throw ActuationError(error, on: directory)
        }
        let entry = try journal?.begin(
            directory: directory, file: file, original: original, wanted: value, cause: cause)
        do throws(IOError) {
            try files.write(value, to: file, of: directory)
            let readBack = try files.text(file, of: directory)
            if let entry { journal?.finish(entry, readBack: readBack) }
            return readBack
        } catch {
            if let entry { journal?.finish(entry, readBack: original) }
            throw ActuationError(error, on: directory)
        }
    }
}
