internal import CgroupModel
internal import Hierarchy
public import KernelIO
internal import Synchronization

/// The write-ahead journal: before anything is written to the kernel, what was there is on record.
///
/// It is one file of lines, on a tmpfs that vanishes with the cgroups when the machine restarts.
/// Each call locks it, so that several processes may use it.
public struct UndoJournal: Sendable {
    /// The directory of the file.
    public let directory: String
    /// Whose changes are put on record here; empty for those of a command that a person gave.
    public let owner: String
    private let bootID: String
    private let patience: Duration?
    private let known = KnownJournal()
    /// A longer file is written anew without what is settled or gone, if that halves it.
    private static let usualBytes = 16 << 10

    /// Uses `DIRECTORY/journal`; nothing is created before the first record.
    ///
    /// Whoever holds the lock may hang; with `patience` a call waits for so long and then fails.
    public init(directory: String, owner: String = "", patience: Duration? = nil) {
        let boot = try? ReadBuffer.contents(of: Array("/proc/sys/kernel/random/boot_id".utf8))
        self.init(
            directory: directory, owner: owner,
            bootID: String(decoding: (boot ?? []).prefix { $0 > 0x20 }, as: UTF8.self),
            patience: patience)
    }

    init(directory: String, owner: String = "", bootID: String, patience: Duration? = nil) {
        self.directory = directory
        self.owner = owner
        self.patience = patience
        self.bootID = bootID
    }

    private var path: String { "\(directory)/journal" }

    /// Puts on record that a value is about to be written; only when this returns may it be.
    public func begin(
        directory cgroup: CgroupDirectory, file: ControlCell, original: String, wanted: String,
        cause: String
    ) throws(IOError) -> JournalEntry {
        try begin(
            file, at: cgroup.path, inode: cgroup.inode, in: cgroup.hierarchy, original: original,
            wanted: wanted, cause: cause)
    }

    /// The same for what is no value of a cgroup that is there.
    func begin(
        _ cell: ControlCell, at place: CgroupPath, inode: UInt64 = 0,
        in hierarchy: MountedHierarchy, original: String, wanted: String, cause: String
    ) throws(IOError) -> JournalEntry {
        try StandardOutput.createDirectories(directory)
        while true {
            let log = try LogFile(path, patience: patience)
            let bytes = try log.contents()
            let known = self.known.state(of: bytes, bootID: bootID)
            if try tidy(log, known, bytes.count, hierarchy) { continue }
            try Self.cut(log, to: known.wholeBytes, of: bytes.count)
            let entry = JournalEntry(
                sequence: known.lastSequence + 1, hierarchy: hierarchy.label, path: place,
                inode: inode, cell: cell, owner: owner, original: original, wanted: wanted,
                readBack: nil, cause: cause, wallTime: MonotonicClock.wallMicroseconds)
            try log.append(entry.intent(bootID: bootID).bytes)
            return entry
        }
    }

    /// Puts on record what the value is after the write, whether that succeeded or not.
    public func finish(_ entry: JournalEntry, readBack: String) throws(IOError) {
        try append(entry.end(readBack))
    }

    /// Forgets a value: its cgroup is gone, or a person decided to leave it as it is.
    public func close(_ entry: JournalEntry, reason: String) throws(IOError) {
        try append(RecordLine("closed", ["seq": "\(entry.sequence)", "reason": reason]))
    }

    /// All that the journal says now; nothing if there is none.
    public func state() throws(IOError) -> JournalState {
        guard LogFile.exists(path) else { return JournalState() }
        return known.state(of: try ReadBuffer.contents(of: Array(path.utf8)), bootID: bootID)
    }

    /// The values that are not what they were, oldest first.
    public func entries() throws(IOError) -> [JournalEntry] { try state().entries }

    /// Empties the file if nothing in it is open.
    public func compact() throws(IOError) {
        guard LogFile.exists(path) else { return }
        let log = try LogFile(path, patience: patience)
        let bytes = try log.contents()
        let known = self.known.state(of: bytes, bootID: bootID)
        guard !bytes.isEmpty, known.entries.isEmpty, known.damagedLines.isEmpty else { return }
        try log.truncate(to: 0)
    }

    /// Puts a journal aside that must not be added to, being from an earlier boot or damaged, and
    /// shortens one that has become long; whether there is another file now.
    private func tidy(
        _ log: borrowing LogFile, _ known: JournalState, _ size: Int, _ hierarchy: MountedHierarchy
    ) throws(IOError) -> Bool {
        if known.isFromEarlierBoot || !known.damagedLines.isEmpty {
            let kind = known.isFromEarlierBoot ? "old" : "damaged"
            try LogFile.rename(path, to: "\(path).\(kind).\(MonotonicClock.wallMicroseconds)")
            return true
        }
        guard size > Self.usualBytes else { return false }
        let short = known.records(bootID: bootID) { $0.isGone(from: hierarchy) }
        guard short.count < size / 2 else { return false }
        try log.replace(with: short)
        return true
    }

    private func append(_ line: RecordLine) throws(IOError) {
        let log = try LogFile(path, patience: patience)
        let bytes = try log.contents()
        let whole = (bytes.lastIndex(of: 0x0a) ?? -1) + 1
        try Self.cut(log, to: whole, of: bytes.count)
        try log.append(line.bytes)
    }

    /// What a crash left of a line is cut off, or the next record would be joined to it.
    private static func cut(
        _ log: borrowing LogFile, to whole: Int, of size: Int
    ) throws(IOError) {
        if whole < size { try log.truncate(to: whole) }
    }
}

/// What a journal said last, so that only what was added has to be understood.
private final class KnownJournal: Sendable {
    private let last = Mutex<(bytes: [UInt8], state: JournalState)>(([], JournalState()))

    func state(of bytes: [UInt8], bootID: String) -> JournalState {
        last.withLock { last in
            // Someone else may have begun it anew.
            if !bytes.starts(with: last.bytes) { last.state = JournalState() }
            last.state.read(bytes, bootID: bootID)
            last.bytes = bytes
            return last.state
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

    /// Forgets a cgroup that was removed: there is nothing left that could be put back.
    func forget(_ directory: CgroupDirectory) {
        guard let entries = try? entries() else { return }
        for entry in entries where entry.concerns(directory) {
            try? close(entry, reason: "removed")
        }
    }
}

extension JournalEntry {
    func intent(bootID: String) -> RecordLine {
        RecordLine(
            "intent",
            [
                "seq": "\(sequence)", "boot": bootID, "time": "\(wallTime)", "hier": hierarchy,
                "inode": "\(inode)", "file": cell.file, "line": cell.line ?? "",
                "field": cell.field ?? "", "missing": cell.missing, "owner": owner,
                "original": original, "wanted": wanted, "cause": cause,
            ], path: path.bytes)
    }

    func end(_ readBack: String) -> RecordLine {
        RecordLine("done", ["seq": "\(sequence)", "value": readBack])
    }

    /// Whether nothing of it can be put back in a hierarchy any more.
    func isGone(from hierarchy: MountedHierarchy) -> Bool {
        guard hierarchy.label == self.hierarchy else { return false }
        if case .process(let pid, let ticks) = subject {
            return ProcessReader(.live).stat(pid)?.startTicks != ticks
        }
        // One that is about to be made is not there yet.
        if subject == .cgroup, readBack == nil { return false }
        do throws(IOError) {
            return try !concerns(CgroupDirectory(path, in: hierarchy))
        } catch {
            return error.isGone
        }
    }
}
