public import CgroupModel
internal import Hierarchy

/// What the journal knows about one value: what it was before cgwarden touched it first, and what
/// cgwarden wrote last.
public struct JournalEntry: Hashable, Sendable {
    /// The record of the last write, which ``UndoJournal/finish(_:readBack:)`` completes.
    public var sequence: UInt64
    /// The hierarchy's label.
    public let hierarchy: String
    /// The cgroup's path when it was written.
    public var path: CgroupPath
    /// The cgroup's inode in that hierarchy, 0 for what is no value of a cgroup.
    public let inode: UInt64
    /// The value's place.
    public let cell: ControlCell
    /// Whose change it is; empty for a command that a person gave.
    public let owner: String
    /// The value before the owner's first write; that of an earlier owner, once that one has put
    /// its own back.
    public internal(set) var original: String
    /// The value that was wanted last.
    public var wanted: String
    /// The value after the last write; nil if the program died before it looked.
    public var readBack: String?
    /// The command or rule of the last write.
    public var cause: String
    /// When the last write began, in microseconds since 1970.
    public var wallTime: UInt64
    /// The newest inode at or below the cgroup before its first write, for a list of v1's cpuset that
    /// cgroups made later start with; nil for any other value.
    public var newestBelow: UInt64?

    /// The owner of what the daemon's limits, rules and pools change; ``cause`` names which.
    public static let daemon = "daemon"
    /// The owner of what the daemon's OOM guards change; ``cause`` names which.
    public static let guarding = "guard"

    /// Whether the daemon made the change, itself or by a guard, rather than a person.
    public var isDaemons: Bool { !owner.isEmpty }
    /// Whether an OOM guard made it.
    public var isGuards: Bool { owner == Self.guarding || isDaemons && cause.hasPrefix("guard ") }

    /// Whether the value is what it was, so that there is nothing to undo.
    public var isSettled: Bool { readBack.map { ControlCell.isSame($0, original) } ?? false }

    /// What an entry is about, whoever changed it.
    struct Place: Hashable {
        let hierarchy: String
        let inode: UInt64
        let cell: ControlCell
    }

    var place: Place { Place(hierarchy: hierarchy, inode: inode, cell: cell) }
}

extension JournalEntry {
    /// What an entry is about.
    public enum Subject: Hashable, Sendable {
        /// A value in an interface file.
        case value
        /// A cgroup that was made; its value is its inode, empty for none.
        case cgroup
        /// A process that was moved; its value is the inode and the path of the cgroup it is in.
        case process(Int32, startTicks: UInt64)
    }

    /// What this is about.
    public var subject: Subject {
        if cell.file == Self.madeFile { return .cgroup }
        if cell.file == Self.movedFile, let pid = cell.line.flatMap({ Int32($0) }),
            let ticks = cell.field.flatMap({ UInt64($0) })
        {
            return .process(pid, startTicks: ticks)
        }
        return .value
    }

    /// The cgroup in the value of an entry about a process; nil for another value.
    public static func place(_ value: String) -> CgroupPath? { MembershipText(value)?.path }

    /// The cell of a cgroup itself.
    static func made(_ path: CgroupPath) -> ControlCell {
        ControlCell(madeFile, line: path.description)
    }

    /// The cell of a process, which its start tells from a later one with its number.
    static func moved(_ pid: Int32, startTicks: UInt64) -> ControlCell {
        ControlCell(movedFile, line: "\(pid)", field: "\(startTicks)")
    }

    private static let madeFile = "."
    private static let movedFile = "cgroup.procs"

    /// Whether it is about a cgroup, or one of its values.
    func concerns(_ directory: CgroupDirectory) -> Bool {
        guard hierarchy == directory.hierarchy.label else { return false }
        return subject == .cgroup ? readBack == "\(directory.inode)" : inode == directory.inode
    }
}

extension JournalEntry {
    /// Reads a record; nil for one that cgwarden never writes.
    ///
    /// A line without an owner is of a version that knew none.
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
            wallTime: line.number("time") ?? 0, newestBelow: line.number("newest"))
        guard isPlausible else { return nil }
    }

    private static func unlessEmpty(_ text: String?) -> String? { text == "" ? nil : text }
}
