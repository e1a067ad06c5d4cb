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
    /// The value before cgwarden's first write.
    public let original: String
    /// The value that was wanted last.
    public var wanted: String
    /// The value after the last write; nil if the program died before it looked.
    public var readBack: String?
    /// The command or rule of the last write.
    public var cause: String
    /// When the last write began, in microseconds since 1970.
    public var wallTime: UInt64

    /// Whether the value is what it was, so that there is nothing to undo.
    public var isSettled: Bool { readBack.map { ControlCell.isSame($0, original) } ?? false }

    /// What tells entries apart.
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

/// All that a journal says.
public struct JournalState: Sendable {
    /// The values that are not what they were, oldest first.
    public internal(set) var entries: [JournalEntry] = []
    /// The numbers of the lines that are damaged; a torn last line, which nothing followed, is none.
    public internal(set) var damagedLines: [Int] = []
    /// Whether it is from before the machine started; cgroups and limits are gone since.
    public internal(set) var isFromEarlierBoot = false
    /// Where the last whole line ends.
    var wholeBytes = 0
    var lastSequence: UInt64 = 0

    static let nothing = JournalState()

    /// Reads a journal; nothing in it is believed that its checksum does not confirm.
    init(parsing bytes: [UInt8], bootID: String) {
        var open: [JournalEntry] = []
        var start = 0
        var number = 0
        while let end = bytes[start...].firstIndex(of: 0x0a) {
            number += 1
            if let line = RecordLine(bytes[start..<end]) {
                take(line, into: &open, bootID: bootID)
            } else {
                damagedLines.append(number)
            }
            start = end + 1
        }
        wholeBytes = start
        entries = open.filter { !$0.isSettled }
    }

    private init() {}

    /// The shortest journal that says the same, without what `isObsolete` picks; the number of the
    /// last record stays, for whoever has it in hand may still add to it.
    func records(bootID: String, without isObsolete: (JournalEntry) -> Bool) -> [UInt8] {
        var bytes = RecordLine("last", ["seq": "\(lastSequence)"]).bytes
        for entry in entries where !isObsolete(entry) {
            bytes += entry.intent(bootID: bootID).bytes
            if let readBack = entry.readBack { bytes += entry.end(readBack).bytes }
        }
        return bytes
    }

    private mutating func take(
        _ line: RecordLine, into open: inout [JournalEntry], bootID: String
    ) {
        guard let sequence = line.number("seq") else { return }
        lastSequence = max(lastSequence, sequence)
        let index = open.firstIndex { $0.sequence == sequence }
        switch line.verb {
        case "intent":
            guard let entry = JournalEntry(line, sequence) else { return }
            if line["boot"] != bootID { isFromEarlierBoot = true }
            guard let known = open.firstIndex(where: { $0.place == entry.place }),
                !open[known].isSettled
            else {
                open.removeAll { $0.place == entry.place }
                return open.append(entry)
            }
            open[known].sequence = sequence
            open[known].path = entry.path
            open[known].wanted = entry.wanted
            open[known].readBack = nil
            open[known].cause = entry.cause
            open[known].wallTime = entry.wallTime
        case "done": if let index { open[index].readBack = line["value"] }
        case "closed": if let index { open.remove(at: index) }
        default: break
        }
    }
}

extension JournalEntry {
    init?(_ line: RecordLine, _ sequence: UInt64) {
        guard let hierarchy = line["hier"], let path = line.bytes("path"),
            let inode = line.number("inode"),
            let file = line["file"], let original = line["original"], let wanted = line["wanted"]
        else { return nil }
        self.init(
            sequence: sequence, hierarchy: hierarchy, path: CgroupPath(normalising: path),
            inode: inode,
            cell: ControlCell(
                file, line: Self.unlessEmpty(line["line"]), field: Self.unlessEmpty(line["field"]),
                missing: line["missing"] ?? ""),
            original: original, wanted: wanted, readBack: nil, cause: line["cause"] ?? "",
            wallTime: line.number("time") ?? 0)
    }

    private static func unlessEmpty(_ text: String?) -> String? { text == "" ? nil : text }
}
