import CgroupModel
import Foundation
import Glibc
import Hierarchy
import KernelIO
import Testing

@testable import Actuation

/// A change that was refused leaves the entry of its value as it was.
@Suite struct WithdrawnChangeTests: ExpiringLimits {
    let machine: FakeMachine
    private let directory: CgroupDirectory

    // No process has these IDs (pid_max is at most 4,194,304).
    private let first: Int32 = 4_194_305
    private let second: Int32 = 4_194_306

    init() throws {
        machine = try FakeMachine(FakeMachine.legacy)
        try machine.legacyCgroup()
        let index = try #require(machine.set.legacy(.pids))
        directory = try CgroupDirectory(CgroupPath("/a"), in: machine.set.hierarchies[index])
    }

    /// The journal as a process of its own writes it.
    private func journal(_ pid: Int32) -> UndoJournal {
        UndoJournal(
            directory: machine.journal.directory, bootID: BootID.current,
            writer: ProcessIdentity(pid: pid, startTicks: 1))
    }

    private func apply(
        _ requests: [String], in journal: UndoJournal,
        _ files: any ControlFiles = KernelControlFiles()
    ) throws -> [LimitResult] {
        LimitTransaction(
            try machine.plan(requests, files: files),
            in: ActingContext(machine.set, files: files, journal: journal),
            cause: "set \(requests.joined(separator: " "))", pause: { _ in }
        ).apply()
    }

    private func set(_ request: String, by pid: Int32) throws {
        try #require(try apply([request], in: journal(pid)).allSatisfy(\.isSuccess))
    }

    /// Records a change of `pids.max` without writing it.
    private func begin(
        _ wanted: String, over found: String, by pid: Int32
    ) throws -> RecordedChange {
        try journal(pid).recordChange(
            "pids.max", of: directory, found, wanted: wanted, cause: "set pids.max=\(wanted)")
    }

    private func append(_ lines: [RecordLine]) throws {
        let file = URL(filePath: "\(machine.root)/state/journal")
        var bytes = try Data(contentsOf: file)
        bytes.append(contentsOf: lines.flatMap(\.bytes))
        try bytes.write(to: file)
    }

    private var limit: String { get throws { try machine.text("pids/a/pids.max") } }

    // MARK: Refused writes

    @Test(arguments: [EBUSY, EINVAL], [nil, Duration.seconds(600)])
    func refusedSetKeepsTheAuthorAndTheExpiry(_ code: Int32, _ time: Duration?) throws {
        try set("pids.max=7", for: time)
        let before = try machine.journal.entries()
        try #require(before.map(\.cause) == ["set pids.max=7"])
        let writer = journal(second)
        let files = FaultyFiles(failing: ["pids.max"], code: code)
        #expect(!(try apply(["pids.max=8"], in: writer, files)[0].isSuccess))
        // The writer and a fresh reader agree.
        #expect(try writer.entries() == before)
        #expect(try machine.journal.entries() == before)
        try rewrite()
        #expect(try machine.journal.entries() == before)
        #expect(try machine.journal.state().change(by: writer.writer) == nil)
        #expect(try Restorer(set: machine.set, journal: machine.journal).restore().count == 1)
        #expect(try limit == "max")
    }

    /// The first value was written, and is rolled back once the second is refused.
    @Test(arguments: ["pids.max", "cpu.cfs_quota_us"], [nil, Duration.seconds(600)])
    func rolledBackSetKeepsTheAuthors(_ refused: String, _ time: Duration?) throws {
        try set("cpu.max=1.5cpus", for: time)
        try set("pids.max=7", for: time)
        let before = try machine.journal.entries()
        let files = FaultingControlFiles()
        files.fail(refused, EINVAL, times: 1)
        let results = try apply(["pids.max=8", "cpu.max=1.2cpus"], in: journal(second), files)
        #expect(results.contains { !$0.isSuccess })
        #expect(try machine.journal.entries() == before)
        #expect(try limit == "7")
    }

    /// Another command restores the first value before the second is refused.
    @Test func rollBackDoesNotSetARestoredValueAgain() throws {
        try set("pids.max=7", by: first)
        let files = InterruptingFiles("cpu.cfs_quota_us") { [machine] in
            _ = try Restorer(set: machine.set, journal: machine.journal).restore()
        }
        let results = try apply(["pids.max=8", "cpu.max=1.2cpus"], in: journal(second), files)
        #expect(results.contains { !$0.isSuccess })
        #expect(files.written.contains("pids.max=8"))
        #expect(try limit == "max")
        #expect(try machine.journal.entries().isEmpty)
    }

    @Test func refusedChangeOfTheDaemonKeepsItsEntry() throws {
        try set("pids.max=321", owner: JournalEntry.daemon)
        let before = try machine.journal.entries()
        let files = FaultyFiles(failing: ["pids.max"], code: EINVAL)
        _ = try apply(["pids.max=320"], in: machine.journal.owned(by: "daemon"), files)
        #expect(try machine.journal.entries() == before)
    }

    /// Before, a refused change claimed the value that it found, and a restore overwrote it.
    @Test func valueOfOthersIsNotClaimedByARefusedChange() throws {
        try set("pids.max=7", by: first)
        let before = try machine.journal.entries()
        try overwrite("9")
        let files = FaultyFiles(failing: ["pids.max"], code: EINVAL)
        _ = try apply(["pids.max=8"], in: journal(second), files)
        #expect(try machine.journal.entries() == before)
        let results = try Restorer(set: machine.set, journal: machine.journal).restore()
        #expect(results.count == 1 && results.allSatisfy(\.isLeft))
        #expect(try limit == "9")
    }

    /// It stays this command's, with the deadline of the change before.
    @Test func valueThatCannotBeRolledBackStaysWithTheDeadline() throws {
        try set("pids.max=7", for: .seconds(600))
        let expiry = try entry()?.expiry
        let change = try begin("8", over: "7", by: second)
        try overwrite("8")
        try journal(second).withdraw(change, found: "7", readBack: "8")
        #expect(try entry()?.cause == "set pids.max=8")
        #expect(try entry()?.readBack == "8")
        #expect(try expiry != nil && entry()?.expiry == expiry)
        #expect(try Restorer(set: machine.set, journal: machine.journal).restore().count == 1)
        #expect(try limit == "max")
    }

    /// Only the oldest of the changes below gives way to the refused one.
    @Test func refusedChangeAboveTheMostChangesKeepsTheRest() throws {
        for number in 0..<20 { try set("pids.max=\(100 + number)", by: first + Int32(number)) }
        let before = try #require(try entry())
        let files = FaultyFiles(failing: ["pids.max"], code: EINVAL)
        _ = try apply(["pids.max=8"], in: journal(first + 20), files)
        let after = try #require(try entry())
        #expect(after.sequence == before.sequence && after.cause == before.cause)
        #expect(after.earlier == Array(before.earlier.dropFirst()))
    }

    // MARK: Crashes and other processes

    /// It dies before or after its write.
    @Test(arguments: ["7", "8"]) func changeThatDiesCanBeRestored(_ value: String) throws {
        try set("pids.max=7", by: first)
        _ = try begin("8", over: "7", by: second)
        try overwrite(value)
        #expect(try machine.journal.entries().map(\.original) == ["max"])
        #expect(try Restorer(set: machine.set, journal: machine.journal).restore().count == 1)
        #expect(try limit == "max")
        #expect(try machine.journal.entries().isEmpty)
    }

    @Test func journalMayBeRewrittenBeforeTheWithdrawal() throws {
        try set("pids.max=7", by: first)
        try set("pids.max=6", by: second)
        let before = try machine.journal.entries()
        let change = try begin("8", over: "6", by: second + 1)
        try rewrite()
        try journal(second + 1).withdraw(change, found: "6", readBack: "6")
        #expect(try machine.journal.entries() == before)
        #expect(try machine.journal.state().damagedLines.isEmpty)
        #expect(
            try ChangeReverter(set: machine.set, journal: machine.journal).revert(before[0].change)
                .count == 1)
        #expect(try limit == "7")
    }

    @Test func changeOfAnotherProcessIsNotWithdrawn() throws {
        try set("pids.max=7", by: first)
        let change = try begin("8", over: "7", by: second)
        try set("pids.max=9", by: second + 1)
        let before = try machine.journal.entries()
        try journal(second).withdraw(change, found: "7", readBack: "7")
        #expect(try machine.journal.entries() == before)
        _ = try Restorer(set: machine.set, journal: machine.journal).restore()
        try journal(second).withdraw(change, found: "7", readBack: "7")
        #expect(try machine.journal.entries().isEmpty)
    }

    // MARK: Odd records

    @Test func recordIsAppliedOnce() throws {
        try set("pids.max=7", by: first)
        let before = try machine.journal.entries()
        let replaced = try #require(try begin("8", over: "7", by: second).replaced)
        let line = try #require(try entry()).withdrawn(for: replaced)
        try append([line, line])
        #expect(try machine.journal.entries() == before)
        #expect(try machine.journal.state().damagedLines.isEmpty)
    }

    @Test func recordsThatCgwardenNeverWritesAreIgnored() throws {
        try set("cpu.max=1.5cpus", by: first)
        try set("pids.max=7", by: second)
        let before = try machine.journal.entries()
        let number = "\(before[1].sequence)"
        try append([
            RecordLine(
                "withdrawn",
                ["seq": "99", "was": "1", "below": "0", "wanted": "5", "path": "/a"]),
            RecordLine(
                "withdrawn",
                ["seq": number, "was": "1", "below": "9", "wanted": "5", "path": "/a"]),
            RecordLine(
                "withdrawn",
                ["seq": number, "was": "0", "below": "0", "wanted": "5", "path": "/a"]),
            RecordLine(
                "withdrawn",
                ["seq": number, "was": "1", "below": "0", "wanted": "5", "path": "/a/../b"]),
            RecordLine("withdrawn", ["seq": number, "was": "1", "below": "0", "path": "/a"]),
            RecordLine("withdrawn", ["seq": number, "below": "0", "wanted": "5", "path": "/a"]),
            RecordLine("withdrawn", ["seq": number]),
        ])
        let state = try machine.journal.state()
        #expect(state.entries == before && state.damagedLines.isEmpty)
    }

    /// The number is that of another entry, which keeps it.
    @Test func recordWithTheNumberOfAnotherEntryChangesOnlyItsOwn() throws {
        try set("cpu.max=1.5cpus", by: first)
        try set("pids.max=7", by: second)
        let before = try machine.journal.entries()
        try append([
            RecordLine(
                "withdrawn",
                [
                    "seq": "\(before[1].sequence)", "was": "\(before[0].sequence)", "below": "0",
                    "wanted": "7", "value": "7", "path": "/a",
                ])
        ])
        let after = try machine.journal.entries()
        #expect(after.map(\.sequence) == before.map(\.sequence))
        #expect(after[0] == before[0])
        #expect(try Restorer(set: machine.set, journal: machine.journal).restore().count == 2)
        #expect(try limit == "max")
        #expect(try machine.journal.entries().isEmpty)
    }

    /// It gave the refused change the deadline of the one before.
    @Test func recordsOfAnEarlierVersionStillCount() throws {
        try set("pids.max=7", for: .seconds(600))
        let expiry = try #require(try entry()?.expiry)
        let change = try begin("8", over: "7", by: second)
        try append([change.entry.end("7"), change.entry.expiring(expiry)])
        #expect(try entry()?.expiry == expiry)
        #expect(try entry()?.readBack == "7" && entry()?.original == "max")
    }
}

/// Calls a closure before it refuses the first write of a file.
private final class InterruptingFiles: ControlFiles {
    private let file: String
    private let interruption: @Sendable () throws -> Void
    private let files = FaultingControlFiles()

    init(_ file: String, _ interruption: @escaping @Sendable () throws -> Void) {
        self.file = file
        self.interruption = interruption
        files.fail(file, EINVAL, times: 1)
    }

    var written: [String] { files.written }

    func text(_ name: String, of directory: CgroupDirectory) throws(IOError) -> String {
        try files.text(name, of: directory)
    }

    func write(_ value: String, to name: String, of directory: CgroupDirectory) throws(IOError) {
        if name == file { try? interruption() }
        try files.write(value, to: name, of: directory)
    }
}
