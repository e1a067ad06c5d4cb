package import CgroupModel
internal import Hierarchy
internal import KernelIO

/// The write-ahead journal, which records original values before the kernel's files are written.
///
/// It is a text file on a tmpfs, which disappears with the cgroups at a reboot. Several processes
/// may use it: each change locks it, and reads need no lock.
package struct UndoJournal: Sendable {
    /// The owner of the changes recorded here; empty for a person's commands.
    package let owner: String
    /// The change that new records belong to; nil if they do not expire.
    package private(set) var change: ExpiringChange?
    let file: JournalFile
    private let bootID: String
    let writer: ProcessIdentity
    /// The minimum size in bytes for rewriting the file.
    private static let usualBytes = 16 << 10

    /// Uses `DIRECTORY/journal`, which is created with the first record.
    ///
    /// A change fails if it cannot lock the file within `patience`, because the holder of the lock
    /// may hang.
    package init(
        directory: String, owner: String = "", patience: Duration = .seconds(10)
    ) {
        self.init(
            directory: directory, owner: owner, bootID: BootID.current, patience: patience)
    }

    init(
        directory: String, owner: String = "", bootID: String, patience: Duration = .seconds(10),
        writer: ProcessIdentity = .own
    ) {
        self.init(
            owner: owner, bootID: bootID, writer: writer,
            file: JournalFile(directory: directory, bootID: bootID, patience: patience))
    }

    private init(owner: String, bootID: String, writer: ProcessIdentity, file: JournalFile) {
        self.owner = owner
        self.bootID = bootID
        self.writer = writer
        self.file = file
    }

    /// Returns the same journal for another owner's changes.
    package func owned(by owner: String) -> UndoJournal {
        UndoJournal(owner: owner, bootID: bootID, writer: writer, file: file)
    }

    /// Returns the same journal for the records of a change that expires.
    func expiring(_ change: ExpiringChange) -> UndoJournal {
        var journal = self
        journal.change = change
        return journal
    }

    /// The directory of the file.
    package var directory: String { file.directory }

    /// The number of bytes that this process has read from the file.
    var bytesRead: Int { file.bytesRead }

    // MARK: Records

    /// Records that a value is about to be written, which must not happen before this returns.
    ///
    /// A damaged journal accepts no record: a missing original would be recorded again with the
    /// value that cgwarden itself wrote.
    package func begin(
        directory cgroup: CgroupDirectory, file: ControlCell, original: String, wanted: String,
        cause: String
    ) throws(JournalError) -> JournalEntry {
        try begin(
            file, at: cgroup.path, inode: cgroup.inode, in: cgroup.hierarchy, original: original,
            wanted: wanted, cause: cause)
    }

    /// Records a change that is not a control file's value, or whose cgroup may not exist yet.
    func begin(
        _ cell: ControlCell, at place: CgroupPath, inode: UInt64 = 0,
        in hierarchy: MountedHierarchy, original: String, wanted: String, cause: String,
        newestBelow: UInt64? = nil
    ) throws(JournalError) -> JournalEntry {
        try beginChange(
            cell, at: place, inode: inode, in: hierarchy, original: original, wanted: wanted,
            cause: cause, newestBelow: newestBelow
        ).entry
    }

    /// Records a change, and returns it with the one that it replaces.
    ///
    /// With `renews`, the value is this owner's and stays; only its expiry is new.
    func beginChange(
        _ cell: ControlCell, at place: CgroupPath, inode: UInt64 = 0,
        in hierarchy: MountedHierarchy, original: String, wanted: String, cause: String,
        newestBelow: UInt64? = nil, renews: Bool = false
    ) throws(JournalError) -> RecordedChange {
        try change?.prepare(in: directory)
        while true {
            let recorded = try file.change(creating: true) { file, folder throws(JournalError) in
                if file.state.isFromEarlierBoot {
                    try file.setAside(as: "old", in: folder)
                    return RecordedChange?.none
                }
                guard file.state.damagedLines.isEmpty else {
                    throw .damaged(directory: directory, lines: file.state.damagedLines)
                }
                try shorten(&file, in: folder, hierarchy)
                let sequence = file.state.lastSequence + 1
                let expiry = change?.recorded(sequence)
                let own = owner.isEmpty ? file.state.change(by: writer) ?? sequence : 0
                var entry = JournalEntry(
                    sequence: sequence, hierarchy: hierarchy.label, path: place, inode: inode,
                    cell: cell, owner: owner, original: original, wanted: wanted, readBack: nil,
                    cause: cause,
                    wallTime: MonotonicClock.wallMicroseconds, newestBelow: newestBelow,
                    writer: writer, change: expiry?.change ?? own, expiry: expiry)
                guard entry.isPlausible else { throw .implausible(place) }
                entry.foundOthers = file.state.isOthers(original, at: entry.place, for: owner)
                let replaced = file.state.entry(continuedBy: entry)
                try file.append([entry.intent(bootID: bootID, renews: renews)], durably: true)
                return RecordedChange(entry: entry, replaced: replaced)
            }
            if let recorded, let recorded { return recorded }
        }
    }

    /// Records the value after the write, successful or not.
    package func finish(_ entry: JournalEntry, readBack: String) throws(JournalError) {
        try append([entry.end(readBack)])
    }

    /// Closes entries whose cgroup is gone, that were restored, or that a person decided to keep.
    package func close(_ entries: [JournalEntry], reason: String) throws(JournalError) {
        guard !entries.isEmpty else { return }
        try append(entries.map { $0.closed(reason) })
    }

    func append(_ lines: [RecordLine]) throws(JournalError) {
        _ = try file.change { file, _ throws(JournalError) in
            try file.append(lines, durably: false)
        }
    }

    /// Rewrites a long file if that halves it.
    ///
    /// Otherwise it is checked again only at twice the size, so that the cost of a record does not
    /// depend on their number.
    private func shorten(
        _ file: inout JournalContent, in folder: borrowing PrivateDirectory,
        _ hierarchy: MountedHierarchy
    ) throws(JournalError) {
        let size = file.state.wholeBytes
        guard size > max(Self.usualBytes, 2 * file.state.checkedBytes) else { return }
        let renamed = RenamedPlaces()
        let short = file.state.records(bootID: bootID) { $0.isGone(from: hierarchy, renamed) }
        if short.count < size / 2 {
            try file.replace(with: short, in: folder)
        } else {
            try file.append([file.state.checkMark], durably: false)
        }
    }

    /// Removes the file if nothing in it can be undone and no line is damaged.
    package func compact() throws(JournalError) {
        _ = try file.change { file, folder throws(JournalError) in
            if file.state.neededCount == 0, file.state.damagedLines.isEmpty {
                try file.remove(from: folder)
            }
        }
    }

    /// Renames the file if it is damaged.
    func setAside() throws(JournalError) {
        _ = try file.change { file, folder throws(JournalError) in
            if !file.state.damagedLines.isEmpty { try file.setAside(as: "damaged", in: folder) }
        }
    }

    // MARK: Reading

    /// Returns the journal's current content; empty if there is no file.
    package func state() throws(JournalError) -> JournalState { try file.look { $0 } }

    /// Returns the values that differ from their originals, oldest first.
    package func entries() throws(JournalError) -> [JournalEntry] { try file.look(\.entries) }

    /// Returns the values of cgroups with these inodes that differ from their originals.
    func entries(inodes: Set<UInt64>) throws(JournalError) -> [JournalEntry] {
        try file.look { $0.entries(inodes: inodes) }
    }

    /// Returns the current content for cgroups with these inodes, or for all.
    func view(inodes: Set<UInt64>?) throws(JournalError) -> JournalView {
        try file.look { state in
            JournalView(
                entries: inodes.map { state.entries(inodes: $0) } ?? state.entries,
                settled: state.settled,
                damagedLines: state.damagedLines, isFromEarlierBoot: state.isFromEarlierBoot)
        }
    }

    /// Returns the value before this owner's change; nil if it made none or has restored it.
    func original(of cell: ControlCell, in cgroup: CgroupDirectory) -> String? {
        own(in: cgroup).first { $0.cell == cell }?.original
    }

    /// Returns the limit before this owner's change; nil if it made none or has restored it.
    package func original(of limit: Limit, in cgroup: CgroupDirectory) -> LimitValue? {
        for entry in own(in: cgroup) {
            let file = (limit.v1 + limit.v2).first { $0.name == entry.cell.file }
            if let file { return file.coding.decode(entry.original) }
        }
        return nil
    }

    /// Returns this owner's entries in a cgroup.
    func own(in cgroup: CgroupDirectory) -> [JournalEntry] {
        let entries = (try? file.look { $0.entries(inodes: [cgroup.inode]) }) ?? []
        return entries.filter { $0.owner == owner && $0.hierarchy == cgroup.hierarchy.label }
    }
}

/// A part of a journal's content.
struct JournalView: Sendable {
    let entries: [JournalEntry]
    /// The entries of all cgroups whose values are their originals, with changes below.
    let settled: [JournalEntry]
    let damagedLines: [Int]
    let isFromEarlierBoot: Bool
}
