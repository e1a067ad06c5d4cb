internal import CgroupModel
internal import KernelIO
internal import Synchronization

/// The journal's open file with its content in memory.
///
/// Each access reads only the records that other processes have added.
final class JournalFile: Sendable {
    let directory: String
    private let patience: Duration
    private let content: Mutex<JournalContent>

    init(directory: String, bootID: String, patience: Duration) {
        self.directory = directory
        self.patience = patience
        content = Mutex(JournalContent(bootID: bootID, patience: patience))
    }

    /// The number of bytes read from the file so far.
    var bytesRead: Int { content.withLock(\.bytesRead) }

    /// Reads the current state without taking the file's lock; empty if there is no file.
    func look<Answer: Sendable>(
        _ body: (JournalState) -> Answer
    ) throws(JournalError) -> Answer {
        try content.withLock { content throws(JournalError) in
            do throws(PrivateFileError) {
                try content.look(in: PrivateDirectory(directory))
            } catch {
                guard error.failure?.isMissing == true else { throw .file(error) }
                content.forget()
            }
            return body(content.state)
        }
    }

    /// Changes the file under its lock; nil if it does not exist and must not be created.
    func change<Answer: Sendable>(
        creating: Bool = false,
        _ body: (inout JournalContent, borrowing PrivateDirectory) throws(JournalError) -> Answer
    ) throws(JournalError) -> Answer? {
        try content.withLock { content throws(JournalError) in
            if creating { try makeDirectory() }
            guard let folder = try lock(&content, creating: creating) else { return nil }
            defer { content.log?.unlock() }
            return try body(&content, folder)
        }
    }

    private func lock(
        _ content: inout JournalContent, creating: Bool
    ) throws(JournalError) -> PrivateDirectory? {
        do throws(PrivateFileError) {
            let folder = try PrivateDirectory(directory)
            guard try content.lock(in: folder, creating: creating) else { return nil }
            return folder
        } catch {
            if !creating, error.failure?.isMissing == true { return nil }
            throw .file(error)
        }
    }

    private func makeDirectory() throws(JournalError) {
        guard !LogFile.exists(directory) else { return }
        do throws(IOError) {
            try StandardOutput.createDirectories(directory)
        } catch {
            throw .file(.failed(error))
        }
    }
}

/// The open file and its content.
struct JournalContent {
    let bootID: String
    let patience: Duration
    private(set) var log: SharedLog?
    private(set) var state = JournalState()
    /// The number of bytes ever read from the file.
    private(set) var bytesRead = 0
    private static let name = "journal"

    init(bootID: String, patience: Duration) {
        self.bootID = bootID
        self.patience = patience
    }

    mutating func forget() {
        log = nil
        state = JournalState()
    }

    /// Reads new records without the lock.
    mutating func look(in folder: borrowing PrivateDirectory) throws(PrivateFileError) {
        try open(in: folder, creating: false)
        try catchUp()
    }

    /// Locks the current file and reads new records; false if there is none.
    mutating func lock(
        in folder: borrowing PrivateDirectory, creating: Bool
    ) throws(PrivateFileError) -> Bool {
        while true {
            try open(in: folder, creating: creating)
            guard let log else { return false }
            try log.lock(within: patience)
            // The previous holder of the lock may have replaced the file.
            guard log.isCurrent(in: folder) else {
                log.unlock()
                continue
            }
            do throws(PrivateFileError) {
                try catchUp()
                // Remove a partial line that a crash left; the next record would be joined to it.
                if try log.size > state.wholeBytes { try log.truncate(to: state.wholeBytes) }
                return true
            } catch {
                log.unlock()
                throw error
            }
        }
    }

    private mutating func open(
        in folder: borrowing PrivateDirectory, creating: Bool
    ) throws(PrivateFileError) {
        if let log, log.isCurrent(in: folder) { return }
        forget()
        log = try SharedLog.open(Self.name, in: folder, creating: creating)
    }

    /// Parses the records added since the last read.
    private mutating func catchUp() throws(PrivateFileError) {
        guard let log else { return }
        // Without the lock, a line that another process is truncating looks damaged.
        if !state.damagedLines.isEmpty { state = JournalState() }
        let size = try log.size
        if size < state.wholeBytes { state = JournalState() }
        guard size > state.wholeBytes else { return }
        let start = state.wholeBytes
        try readOn(log)
        guard start > 0, !state.damagedLines.isEmpty else { return }
        state = JournalState()
        try readOn(log)
    }

    private mutating func readOn(_ log: SharedLog) throws(PrivateFileError) {
        let bytes = try log.bytes(from: state.wholeBytes)
        bytesRead += bytes.count
        state.read(bytes, bootID: bootID)
    }

    /// Appends records; with `durably`, they are on disk when this returns.
    mutating func append(_ lines: [RecordLine], durably: Bool) throws(JournalError) {
        let bytes = lines.flatMap(\.bytes)
        do throws(PrivateFileError) {
            try log?.append(bytes, at: state.wholeBytes, durably: durably)
        } catch {
            throw .file(error)
        }
        state.read(bytes, bootID: bootID)
    }

    /// Replaces the file with a new one that holds `bytes`.
    mutating func replace(
        with bytes: [UInt8], in folder: borrowing PrivateDirectory
    ) throws(JournalError) {
        do throws(PrivateFileError) {
            let new = try log?.replaced(by: bytes, in: folder, within: patience)
            log = new
            state = JournalState(parsing: bytes, bootID: bootID)
            // Another process may have appended a record already.
            try catchUp()
        } catch {
            throw .file(error)
        }
    }

    /// Renames the file, so that the next record starts a new one.
    mutating func setAside(
        as kind: String, in folder: borrowing PrivateDirectory
    ) throws(JournalError) {
        do throws(PrivateFileError) {
            try log?.rename(
                to: "\(Self.name).\(kind).\(MonotonicClock.wallMicroseconds)", in: folder)
        } catch {
            throw .file(error)
        }
        log?.unlock()
        forget()
    }

    /// Removes the file.
    mutating func remove(from folder: borrowing PrivateDirectory) throws(JournalError) {
        do throws(PrivateFileError) {
            try log?.remove(from: folder)
        } catch {
            throw .file(error)
        }
        log?.unlock()
        forget()
    }
}
