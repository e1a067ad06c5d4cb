internal import CgroupModel
internal import Hierarchy
public import KernelIO

/// The write-ahead journal: before anything is written to the kernel, what was there is on record.
///
/// It is one file of lines, on a tmpfs that vanishes with the cgroups when the machine restarts.
/// Each call locks it, so that several processes may use it.
public struct UndoJournal: Sendable {
    /// The directory of the file.
    public let directory: String
    private let bootID: String

    /// Uses `DIRECTORY/journal`; nothing is created before the first record.
    public init(directory: String) {
        let boot = try? ReadBuffer.contents(of: Array("/proc/sys/kernel/random/boot_id".utf8))
        self.init(
            directory: directory,
            bootID: String(decoding: (boot ?? []).prefix { $0 > 0x20 }, as: UTF8.self))
    }

    init(directory: String, bootID: String) {
        self.directory = directory
        self.bootID = bootID
    }

    private var path: String { "\(directory)/journal" }

    /// Puts on record that a value is about to be written; only when this returns may it be.
    public func begin(
        directory cgroup: CgroupDirectory, file: ControlCell, original: String, wanted: String,
        cause: String
    ) throws(IOError) -> JournalEntry {
        try StandardOutput.createDirectories(directory)
        try setAside()
        let log = try LogFile(path)
        let known = try whole(log)
        let entry = JournalEntry(
            sequence: known.lastSequence + 1, hierarchy: cgroup.hierarchy.label, path: cgroup.path,
            inode: cgroup.inode, cell: file, original: original, wanted: wanted, readBack: nil,
            cause: cause, wallTime: MonotonicClock.wallMicroseconds)
        try log.append(entry.intent(bootID: bootID).bytes)
        return entry
    }

    /// Puts on record what the value is after the write, whether that succeeded or not.
    public func finish(_ entry: JournalEntry, readBack: String) throws(IOError) {
        try append(RecordLine("done", ["seq": "\(entry.sequence)", "value": readBack]))
    }

    /// Forgets a value: its cgroup is gone, or a person decided to leave it as it is.
    public func close(_ entry: JournalEntry, reason: String) throws(IOError) {
        try append(RecordLine("closed", ["seq": "\(entry.sequence)", "reason": reason]))
    }

    /// All that the journal says now; nothing if there is none.
    public func state() throws(IOError) -> JournalState {
        guard LogFile.exists(path) else { return .nothing }
        return JournalState(
            parsing: try ReadBuffer.contents(of: Array(path.utf8)), bootID: bootID)
    }

    /// The values that are not what they were, oldest first.
    public func entries() throws(IOError) -> [JournalEntry] { try state().entries }

    /// Empties the file if nothing in it is open.
    public func compact() throws(IOError) {
        guard LogFile.exists(path) else { return }
        let log = try LogFile(path)
        let known = JournalState(parsing: try log.contents(), bootID: bootID)
        guard known.entries.isEmpty, known.damagedLines.isEmpty else { return }
        try log.truncate(to: 0)
    }

    /// Renames a journal that must not be added to: it is from an earlier boot, or damaged.
    private func setAside() throws(IOError) {
        let known = try state()
        guard known.isFromEarlierBoot || !known.damagedLines.isEmpty else { return }
        let time = MonotonicClock.wallMicroseconds
        try LogFile.rename(
            path, to: "\(path).\(known.isFromEarlierBoot ? "old" : "damaged").\(time)")
    }

    private func append(_ line: RecordLine) throws(IOError) {
        let log = try LogFile(path)
        _ = try whole(log)
        try log.append(line.bytes)
    }

    /// What a crash left of a line is cut off, or the next record would be joined to it.
    private func whole(_ log: borrowing LogFile) throws(IOError) -> JournalState {
        let bytes = try log.contents()
        let known = JournalState(parsing: bytes, bootID: bootID)
        if known.wholeBytes < bytes.count { try log.truncate(to: known.wholeBytes) }
        return known
    }
}

extension JournalEntry {
    func intent(bootID: String) -> RecordLine {
        RecordLine(
            "intent",
            [
                "seq": "\(sequence)", "boot": bootID, "time": "\(wallTime)", "hier": hierarchy,
                "inode": "\(inode)", "file": cell.file, "line": cell.line ?? "",
                "field": cell.field ?? "", "missing": cell.missing, "original": original,
                "wanted": wanted, "cause": cause,
            ], path: path.bytes)
    }
}
