package import CgroupModel
internal import Hierarchy

/// The journal's record of one value: the original before cgwarden's first write, and its last
/// write.
package struct JournalEntry: Hashable, Sendable {
    /// The sequence number of the last write, which ``UndoJournal/finish(_:readBack:)`` completes.
    package var sequence: UInt64
    /// The hierarchy's label.
    package let hierarchy: String
    /// The cgroup's path at the time of the write.
    package var path: CgroupPath
    /// The cgroup's inode in that hierarchy; 0 for a created cgroup or a moved process.
    package let inode: UInt64
    /// The file and the part of it that the value is in.
    package let cell: ControlCell
    /// The owner of the change; empty for a person's command.
    package let owner: String
    /// The value before the owner's first write.
    ///
    /// Once an earlier owner has restored its own original, this becomes that value.
    package internal(set) var original: String
    /// The value of the last request.
    package var wanted: String
    /// The value after the last write; nil if the program died before the read-back.
    package var readBack: String?
    /// The command or rule of the last write.
    package var cause: String
    /// The start of the last write, in microseconds since 1970.
    package var wallTime: UInt64
    /// The highest inode at or below the cgroup before its first write, for a v1 cpuset list, which
    /// new children inherit; nil for other values.
    package var newestBelow: UInt64?
    /// The process of the last write; nil in a journal of an earlier version.
    package var writer: ProcessIdentity?
    /// The number of the last change: the sequence number of its first record.
    ///
    /// A command has one number for all values that it changes. It is 0 for changes of the daemon.
    package var change: UInt64
    /// When the change is undone without a command; nil for never.
    package internal(set) var expiry: EntryExpiry?
    /// The changes below the last one, oldest first; the last one returns to the newest of them.
    var earlier: [EarlierChange] = []
    /// Whether another program had set ``original``, on top of an earlier owner's change.
    ///
    /// That value is not the earlier owner's, so the end of its change does not replace it.
    var foundOthers = false

    /// The owner of changes by the daemon's limits, rules and pools; ``cause`` names which.
    package static let daemon = "daemon"
    /// The owner of changes by the daemon's OOM guards; ``cause`` names which.
    package static let guarding = "guard"

    /// Whether the daemon or one of its guards made the change, not a person.
    package var isDaemons: Bool { !owner.isEmpty }
    /// Whether an OOM guard made the change.
    package var isGuards: Bool { owner == Self.guarding || isDaemons && cause.hasPrefix("guard ") }

    /// The other process that is about to write the value, or is reading it back; nil if none is.
    ///
    /// Until then the value says nothing, and the entry must stay open: the process may write at
    /// any moment, and nothing else would undo it.
    var processAtWork: ProcessIdentity? {
        readBack == nil ? writer.flatMap { $0.isAnotherAtWork ? $0 : nil } : nil
    }

    /// Whether the value is the original again, so that there is nothing to undo.
    package var isSettled: Bool {
        // Otherwise the value that returns at the deadline is still to be written.
        guard expiry == nil || earlier.isEmpty else { return false }
        return readBack.map { isSame($0, original) } ?? false
    }

    /// Whether nothing can be undone, not even the last change alone.
    var isSpent: Bool { isSettled && earlier.isEmpty }

    /// The value that an entry refers to, whoever changed it.
    struct Place: Hashable {
        let hierarchy: String
        let inode: UInt64
        let cell: ControlCell
    }

    var place: Place { Place(hierarchy: hierarchy, inode: inode, cell: cell) }
}

extension JournalEntry {
    /// The kind of object that an entry refers to.
    package enum Subject: Hashable, Sendable {
        /// A value in an interface file.
        case value
        /// A created cgroup; its value is its inode, empty if it does not exist.
        case cgroup
        /// A moved process; its value is the inode and the path of its cgroup.
        case process(Int32, startTicks: UInt64)
    }

    /// The object that this entry refers to.
    package var subject: Subject {
        if cell.file == Self.madeFile { return .cgroup }
        if cell.file == Self.movedFile, let pid = cell.line.flatMap({ Int32($0) }),
            let ticks = cell.field.flatMap({ UInt64($0) })
        {
            return .process(pid, startTicks: ticks)
        }
        return .value
    }

    /// Returns the cgroup in the value of a process's entry; nil for any other value.
    package static func place(_ value: String) -> CgroupPath? { MembershipText(value)?.path }

    /// The cell of a cgroup's existence.
    static func made(_ path: CgroupPath) -> ControlCell {
        ControlCell(madeFile, line: path.description)
    }

    /// The cell of a process's membership; the start time excludes a later process with the same
    /// PID.
    static func moved(_ pid: Int32, startTicks: UInt64) -> ControlCell {
        ControlCell(movedFile, line: "\(pid)", field: "\(startTicks)")
    }

    private static let madeFile = "."
    private static let movedFile = "cgroup.procs"

    /// Whether it refers to a cgroup or one of its values.
    func concerns(_ directory: CgroupDirectory) -> Bool {
        guard hierarchy == directory.hierarchy.label else { return false }
        return subject == .cgroup ? readBack == "\(directory.inode)" : inode == directory.inode
    }
}

extension JournalEntry {
    /// Parses a record; nil if cgwarden never writes it.
    ///
    /// A line without an owner is from a version without owners.
    init?(_ line: RecordLine, _ sequence: UInt64) {
        guard let hierarchy = line["hier"], let path = line.bytes("path"),
            let inode = line.number("inode"),
            let file = line["file"], let original = line["original"], let wanted = line["wanted"]
        else { return nil }
        let place = CgroupPath(normalising: path)
        self.init(
            sequence: sequence, hierarchy: hierarchy, path: place, inode: inode,
            cell: ControlCell(
                file, line: Self.unlessEmpty(line["line"]), field: Self.unlessEmpty(line["field"]),
                missing: line["missing"] ?? ""),
            owner: line["owner"] ?? "", original: original, wanted: wanted, readBack: nil,
            cause: line["cause"] ?? "",
            wallTime: line.number("time") ?? 0, newestBelow: line.number("newest"),
            writer: ProcessIdentity(line), change: line.number("change") ?? 0,
            expiry: EntryExpiry(line))
        guard isPlausible else { return nil }
        foundOthers = line["others"] == "1"
        // An earlier version recorded the value below a change that expires, and nothing else of it.
        if let below = line["restores"], expiry != nil {
            earlier = [EarlierChange(valueOnly: below, below: self)]
        }
    }

    private static func unlessEmpty(_ text: String?) -> String? { text == "" ? nil : text }
}
