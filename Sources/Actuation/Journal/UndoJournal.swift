internal import Synchronization

/// What was changed, so that it can be put back: kept while the process lives.
public final class UndoJournal: Sendable {
    /// One change of one file.
    public struct Entry: Sendable {
        /// Counts up.
        public let sequence: Int
        /// The file, as `DIRECTORY/FILE`.
        public let file: String
        /// What the file held, and what is wanted.
        public let original, wanted: String
        /// Why.
        public let cause: String
    }

    private let state = Mutex<[Entry]>([])

    /// A journal in a directory.
    public init(directory: String) {}

    /// Notes a change before it is made.
    public func begin(
        directory: CgroupDirectory, file: String, original: String, wanted: String, cause: String
    ) throws(ActuationError) -> Entry {
        state.withLock { entries in
            let entry = Entry(
                sequence: entries.count, file: "\(directory.path)/\(file)", original: original,
                wanted: wanted, cause: cause)
            entries.append(entry)
            return entry
        }
    }

    /// Notes what the file held after the change.
    public func finish(_ entry: Entry, readBack: String) {}

    /// All changes.
    public func entries() -> [Entry] { state.withLock { $0 } }
}
