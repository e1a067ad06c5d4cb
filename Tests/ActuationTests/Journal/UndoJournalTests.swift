import CgroupModel
import Foundation
import Glibc
import Hierarchy
import Testing

@testable import Actuation

@Suite struct UndoJournalTests {
    private let machine: FakeMachine
    private let directory: CgroupDirectory
    private var file: String { "\(machine.root)/state/journal" }

    init() throws {
        machine = try FakeMachine(FakeMachine.legacy)
        try machine.legacyCgroup()
        let index = try #require(machine.set.legacy(.pids))
        directory = try CgroupDirectory(CgroupPath("/a"), in: machine.set.hierarchies[index])
    }

    private func write(_ original: String, _ wanted: String, finished: Bool = true) throws {
        let entry = try machine.journal.begin(
            directory: directory, file: "pids.max", original: original, wanted: wanted,
            cause: "a b=%\n")
        if finished { try machine.journal.finish(entry, readBack: wanted) }
    }

    private func bytes() throws -> Data { try Data(contentsOf: URL(filePath: file)) }

    @Test func firstOriginalIsKept() throws {
        try write("max", "7")
        try write("7", "8")
        let entries = try machine.journal.entries()
        #expect(entries.count == 1)
        #expect(entries[0].original == "max" && entries[0].readBack == "8")
        #expect(entries[0].cause == "a b=%\n" && entries[0].path == CgroupPath("/a"))
        try write("8", "max")
        #expect(try machine.journal.entries().isEmpty)
    }

    /// Otherwise it would count as damaged, and nothing could be changed any more.
    @Test func recordThatItsReaderWouldRefuseIsNotWritten() throws {
        try write("max", "7")
        let before = try bytes()
        let path = CgroupPath("/a/../b")
        #expect(throws: JournalError.implausible(path)) {
            _ = try machine.journal.begin(
                JournalEntry.made(path), at: path, in: directory.hierarchy, original: "",
                wanted: "made", cause: "create")
        }
        #expect(throws: JournalError.implausible(CgroupPath("/a"))) {
            _ = try machine.journal.begin(
                directory: directory, file: "cgroup.procs", original: "", wanted: "1", cause: "")
        }
        #expect(try bytes() == before)
    }

    @Test func endWithoutAnEntryIsDetected() throws {
        try write("max", "7", finished: false)
        #expect(try machine.journal.entries().map(\.readBack) == [nil])
    }

    /// Open entries do not make it grow for ever, and each keeps its first original.
    @Test func journalStaysShortWhileEntriesAreOpen() throws {
        try machine.cgroup("/b", in: "pids", ["pids.max": "max"])
        let other = try CgroupDirectory(CgroupPath("/b"), in: directory.hierarchy)
        _ = try machine.journal.begin(
            directory: other, file: "pids.max", original: "max", wanted: "5", cause: "early")
        var longest = 0
        for round in 1...300 {
            try write("\(round - 1)", "\(round)")
            longest = max(longest, try bytes().count)
        }
        #expect(longest < 18 << 10)
        let entries = try machine.journal.entries()
        #expect(entries.map(\.original) == ["max", "0"])
        #expect(entries.map(\.readBack) == [nil, "300"])
        #expect(entries.map(\.cause) == ["early", "a b=%\n"])
        #expect(try machine.journal.state().lastSequence == 301)
        // Entries opened before the compaction can still be completed.
        try machine.journal.finish(entries[0], readBack: "max")
        #expect(try machine.journal.entries().map(\.original) == ["0"])
    }

    /// Many short-lived cgroups do not fill it either.
    @Test func entriesOfRemovedCgroupsAreDropped() throws {
        for round in 1...200 {
            try machine.cgroup("/job\(round)", in: "pids", ["pids.max": "max"])
            let job = try CgroupDirectory(CgroupPath("/job\(round)"), in: directory.hierarchy)
            let entry = try machine.journal.begin(
                directory: job, file: "pids.max", original: "max", wanted: "5", cause: "test")
            try machine.journal.finish(entry, readBack: "5")
            if round % 50 != 0 {
                try FileManager.default.removeItem(
                    atPath: "\(machine.root)/cgroup/pids/job\(round)")
            }
        }
        #expect(try bytes().count < 18 << 10)
        let paths = try machine.journal.entries().map(\.path.description)
        #expect(Set(paths).isSuperset(of: ["/job50", "/job100", "/job150", "/job200"]))
        #expect(paths.count < 100)
    }

    /// One shortens it while others wait for it with the old file in hand, in processes of their own
    /// or in one.
    @Test(arguments: [false, true]) func concurrentWritersLoseNoEntry(isOneProcess: Bool)
        async throws
    {
        let directory = directory
        let shared = machine.journal
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<4 {
                let journal = isOneProcess ? shared : machine.journal
                group.addTask {
                    for round in 1...150 {
                        let entry = try journal.begin(
                            directory: directory, file: ControlCell("pids.max", line: "\(writer)"),
                            original: "\(round - 1)", wanted: "\(round)", cause: "test")
                        try journal.finish(entry, readBack: "\(round)")
                    }
                }
            }
            try await group.waitForAll()
        }
        let entries = try machine.journal.entries()
        #expect(entries.count == 4)
        #expect(entries.allSatisfy { $0.original == "0" && $0.readBack == "150" })
        #expect(try machine.journal.state().damagedLines.isEmpty)
        #expect(try bytes().count < 18 << 10)
    }

    @Test func tornLastLineIsCutOffAtEveryByte() throws {
        try write("max", "7")
        let whole = try bytes()
        try write("7", "8", finished: false)
        let torn = try bytes()
        for length in whole.count..<torn.count {
            try torn.prefix(length).write(to: URL(filePath: file))
            let state = try machine.journal.state()
            #expect(state.entries.map(\.wanted) == ["7"] && state.damagedLines.isEmpty)
        }
        try write("7", "9")
        #expect(try machine.journal.state().damagedLines.isEmpty)
        #expect(try machine.journal.entries().map(\.wanted) == ["9"])
    }

    @Test func damagedLineIsNeverUsed() throws {
        try write("max", "7")
        try write("7", "8")
        let whole = try bytes()
        for place in whole.indices where whole[place] != 0x0a {
            var damaged = whole
            damaged[place] ^= 1
            if damaged[place] == 0x0a { continue }
            try damaged.write(to: URL(filePath: file))
            #expect(try machine.journal.state().damagedLines.count == 1, "byte \(place)")
        }
    }

    @Test func journalOfAnEarlierBootIsSetAside() throws {
        try write("max", "7")
        let text = try String(contentsOfFile: file, encoding: .utf8)
        let old = text.split(separator: "\n").map { line in
            let body = line.dropFirst(9).replacing(/boot=\S+/, with: "boot=another")
            return "\(Self.checksum(body)) \(body)\n"
        }.joined()
        try Data(old.utf8).write(to: URL(filePath: file))
        #expect(try machine.journal.state().isFromEarlierBoot)
        let restorer = Restorer(set: machine.set, journal: machine.journal)
        #expect(throws: ActuationError.self) { try restorer.restore(force: true) }
        try write("max", "9")
        #expect(try machine.journal.state().isFromEarlierBoot == false)
        #expect(try machine.journal.entries().map(\.wanted) == ["9"])
        let kept = try FileManager.default.contentsOfDirectory(atPath: "\(machine.root)/state")
        #expect(kept.contains { $0.hasPrefix("journal.old.") })
    }

    // MARK: Owners

    private func write(
        _ original: String, _ wanted: String, owner: String
    ) throws {
        let journal = UndoJournal(directory: "\(machine.root)/state", owner: owner)
        let entry = try journal.begin(
            directory: directory, file: "pids.max", original: original, wanted: wanted, cause: "x")
        try journal.finish(entry, readBack: wanted)
    }

    private var owned: [String] {
        get throws {
            try machine.journal.entries().map { "\($0.owner) \($0.original) \($0.wanted)" }
        }
    }

    @Test func eachOwnerHasItsOwnOriginal() throws {
        try write("max", "7", owner: "")
        try write("7", "5", owner: "daemon")
        try write("5", "4", owner: "daemon")
        #expect(try owned == [" max 7", "daemon 7 4"])
        // The daemon takes its own back: there is nothing of it left.
        try write("4", "7", owner: "daemon")
        #expect(try owned == [" max 7"])
    }

    /// A user found the daemon's value; once that is undone, the original is the one before.
    @Test func originalOfAnotherOwnerIsInherited() throws {
        try write("max", "7", owner: "daemon")
        try write("7", "5", owner: "")
        let first = try #require(try machine.journal.entries().first)
        try machine.journal.close([first], reason: "restored")
        #expect(try owned == [" max 5"])
    }

    @Test func lineWithoutAnOwnerBelongsToAUser() throws {
        try write("max", "7")
        let text = try String(contentsOfFile: file, encoding: .utf8)
        let old = text.split(separator: "\n").map { line in
            let body = line.dropFirst(9).replacing("owner= ", with: "")
            return "\(Self.checksum(body)) \(body)\n"
        }.joined()
        #expect(old.count < text.count)
        try Data(old.utf8).write(to: URL(filePath: file))
        #expect(try owned == [" max 7"])
        #expect(try machine.journal.state().damagedLines.isEmpty)
    }

    /// Cached entries are not used for a new journal.
    @Test func journalReplacedByAnotherProcessIsReread() throws {
        let journal = machine.journal
        let first = try journal.begin(
            directory: directory, file: "pids.max", original: "max", wanted: "7", cause: "a")
        try journal.finish(first, readBack: "7")
        #expect(try journal.entries().count == 1)
        let other = UndoJournal(directory: journal.directory)
        try other.close([try #require(try other.entries().first)], reason: "restored")
        try other.compact()
        for number in 1...9 {
            _ = try other.begin(
                directory: directory, file: ControlCell("pids.max", line: "\(number)"),
                original: "max", wanted: "\(number)", cause: "b")
        }
        #expect(try journal.entries().map(\.wanted) == (1...9).map { "\($0)" })
        let next = try journal.begin(
            directory: directory, file: "pids.max", original: "max", wanted: "70", cause: "c")
        #expect(next.sequence == 10)
    }

    // MARK: Trust

    /// The next record would take what cgwarden itself wrote for the original.
    @Test func damagedJournalRejectsEntriesUntilRestored() throws {
        try write("max", "7")
        try write("7", "8")
        var damaged = try bytes()
        damaged[20] ^= 1
        try damaged.write(to: URL(filePath: file))
        let error = #expect(throws: JournalError.self) { try write("8", "9") }
        #expect(error == .damaged(directory: "\(machine.root)/state", lines: [1]))
        #expect("\(try #require(error))".contains("cgwarden restore --force"))
        #expect(try bytes() == damaged)
        _ = try Restorer(set: machine.set, journal: machine.journal).restore(force: true)
        try write("max", "9")
        #expect(try machine.journal.entries().map(\.original) == ["max"])
        let kept = try FileManager.default.contentsOfDirectory(atPath: "\(machine.root)/state")
        #expect(kept.contains { $0.hasPrefix("journal.damaged.") })
    }

    enum Fault: CaseIterable, Sendable {
        case directoryOfAnother, writableDirectory, linkedDirectory
        case fileOfAnother, writableFile, linkedFile, fifo
    }

    @Test(.enabled(if: getuid() == 0, "giving files away needs root"), arguments: Fault.allCases)
    func journalWritableByOtherUsersIsNotUsed(_ fault: Fault) throws {
        try write("max", "7")
        let directory = "\(machine.root)/state"
        let other = "\(machine.root)/other"
        let manager = FileManager.default
        switch fault {
        case .directoryOfAnother: #expect(unsafe chown(directory, 65534, 65534) == 0)
        case .writableDirectory: #expect(unsafe chmod(directory, 0o777) == 0)
        case .linkedDirectory:
            try manager.moveItem(atPath: directory, toPath: other)
            try manager.createSymbolicLink(atPath: directory, withDestinationPath: other)
        case .fileOfAnother: #expect(unsafe chown(file, 65534, 65534) == 0)
        case .writableFile: #expect(unsafe chmod(file, 0o620) == 0)
        case .linkedFile:
            try manager.moveItem(atPath: file, toPath: other)
            try manager.createSymbolicLink(atPath: file, withDestinationPath: other)
        case .fifo:
            try manager.removeItem(atPath: file)
            #expect(unsafe mkfifo(file, 0o600) == 0)
        }
        let error = #expect(throws: JournalError.self) { try machine.journal.entries() }
        #expect(error?.code == .refused, "\(fault): \(String(describing: error))")
        #expect(throws: JournalError.self) { try write("7", "8") }
        let restorer = Restorer(set: machine.set, journal: machine.journal)
        #expect(throws: ActuationError.self) { try restorer.restore(force: true) }
        #expect(try machine.text("pids/a/pids.max") == "max")
    }

    /// Entries that cgwarden never writes are not from its own journal.
    @Test(arguments: [
        "hier=pids path=/a inode=1 file=../../../etc/passwd original=x wanted=y",
        "hier=pids path=/a inode=1 file=cgroup.kill original=1 wanted=y",
        "hier=pids path=/a inode=1 file=release_agent original=/tmp/x wanted=y",
        "hier=pids path=/a inode=1 file=hugetlb.%2f..%2f.limit_in_bytes original=1 wanted=y",
        "hier=pids path=/a/../../etc inode=1 file=pids.max original=x wanted=y",
        "hier=pids path=/a%00b inode=1 file=pids.max original=x wanted=y",
        "hier=pids path=/a inode=1 file=cgroup.procs original=12 wanted=y",
        "hier=pids path=/a inode=0 file=cgroup.procs line=5 field=7 original=1%20/.. wanted=y",
        "hier=pids path=/a inode=0 file=. line=/b original= wanted=made",
        "hier=pids path=/a inode=0 file=. line=/a original= wanted=1%20/..",
    ])
    func entryThatPointsOutsideItsCgroupIsDamage(_ fields: String) throws {
        try FileManager.default.createDirectory(
            atPath: "\(machine.root)/state", withIntermediateDirectories: true)
        let boot = try String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let body = "intent seq=1 boot=\(boot) time=1 \(fields) owner= cause=x"
        try Data("\(Self.checksum(body[...])) \(body)\n".utf8).write(to: URL(filePath: file))
        let state = try machine.journal.state()
        #expect(state.damagedLines == [1] && state.entries.isEmpty)
        let restorer = Restorer(set: machine.set, journal: machine.journal)
        #expect(throws: ActuationError.self) { try restorer.restore() }
        #expect(try restorer.restore(force: true).isEmpty)
    }

    /// CRC-32, bit by bit.
    private static func checksum(_ text: Substring) -> String {
        var crc = UInt32.max
        for byte in text.utf8 {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xedb8_8320 : crc >> 1 }
        }
        return String(format: "%08x", ~crc)
    }
}
