import CgroupModel
import Foundation
import Glibc
import Hierarchy
import KernelIO
import Testing

@testable import Actuation

/// The records of changes that expire, and what is done at their deadlines.
@Suite struct ExpiryTests: ExpiringLimits {
    let machine: FakeMachine

    init() throws {
        machine = try FakeMachine(FakeMachine.legacy)
        try machine.legacyCgroup()
    }

    @Test func overdueChangeOfADeadHelperIsUndone() throws {
        try set("pids.max=7", for: .zero)
        #expect(undo.undoOverdue().results.count == 1)
        #expect(try machine.text("pids/a/pids.max") == "max")
        #expect(try machine.journal.entries().isEmpty)
        #expect(!FileManager.default.fileExists(atPath: "\(machine.root)/state/locks/expired"))
    }

    @Test func changeStaysUntilItsDeadline() throws {
        try set("pids.max=7", for: .seconds(600))
        #expect(undo.undoOverdue().results.isEmpty)
        #expect(try machine.text("pids/a/pids.max") == "7")
    }

    @Test func changeOfARunningHelperIsLeftToIt() throws {
        try set("pids.max=7", for: .zero, by: .own)
        #expect(undo.undoOverdue().results.isEmpty)
        #expect(try machine.text("pids/a/pids.max") == "7")
        #expect(undo.undo(for: .own, within: .zero).results.count == 1)
        #expect(try machine.text("pids/a/pids.max") == "max")
    }

    @Test func valueChangedByOthersIsLeftAndReportedOnce() throws {
        try set("pids.max=7", for: .zero)
        try overwrite("9")
        let report = undo.undoOverdue()
        #expect(report.hasLeft && report.results.count == 1)
        #expect(try machine.text("pids/a/pids.max") == "9")
        #expect(try entry()?.expiry?.obstacle == EntryExpiry.changed)
        // Whoever sets the same value later has made a change of their own.
        try overwrite("7")
        #expect(undo.undoOverdue().results.isEmpty)
        #expect(try machine.text("pids/a/pids.max") == "7")
    }

    /// A tenant who changes a value again and again must not fill the journal.
    @Test func valueThatKeepsChangingIsRecordedOnce() throws {
        try set("pids.max=7", for: .zero)
        func size() throws -> Int {
            try Data(contentsOf: URL(filePath: "\(machine.root)/state/journal")).count
        }
        try overwrite("9")
        #expect(undo.undoOverdue().hasLeft)
        let before = try size()
        for value in 10..<20 {
            try overwrite("\(value)")
            #expect(!undo.undoOverdue().hasLeft)
        }
        #expect(try size() == before)
    }

    @Test func valueReturnsToAnEarlierChangeThatDoesNotExpire() throws {
        try set("pids.max=70")
        try set("pids.max=7", for: .zero)
        #expect(undo.undoOverdue().results.count == 1)
        #expect(try machine.text("pids/a/pids.max") == "70")
        #expect(try entry()?.expiry == nil)
        #expect(try entry()?.original == "max")
        // Also after a second change that expires, and after a compaction.
        try set("pids.max=8", for: .seconds(600))
        try set("pids.max=9", for: .zero)
        let short = try machine.journal.state().records(bootID: BootID.current) { _ in false }
        #expect(
            JournalState(parsing: short, bootID: BootID.current).entries
                == (try machine.journal.entries()))
        #expect(undo.undoOverdue().results.count == 1)
        #expect(try machine.text("pids/a/pids.max") == "70")
        #expect(try Restorer(set: machine.set, journal: machine.journal).restore().count == 1)
        #expect(try machine.text("pids/a/pids.max") == "max")
    }

    /// The value of another program returns, and is left to it from then on.
    @Test(arguments: [Duration.seconds(600), nil])
    func valueOfOthersBelowTheChangeReturnsAndIsLeftAlone(_ first: Duration?) throws {
        try set("pids.max=7", for: first)
        try overwrite("9")
        try set("pids.max=8", for: .zero)
        let short = try machine.journal.state().records(bootID: BootID.current) { _ in false }
        #expect(
            JournalState(parsing: short, bootID: BootID.current).entries
                == (try machine.journal.entries()))
        #expect(undo.undoOverdue().results.count == 1)
        #expect(try machine.text("pids/a/pids.max") == "9")
        let results = try Restorer(set: machine.set, journal: machine.journal).restore()
        #expect(results.count == 1 && results.allSatisfy(\.isLeft))
        #expect(try machine.text("pids/a/pids.max") == "9")
        #expect(try entry()?.original == "max")
    }

    /// A second change with a deadline takes the place of the first one.
    @Test func valueOfOthersBelowTwoChangesReturns() throws {
        try set("pids.max=7", for: .seconds(600))
        try overwrite("9")
        try set("pids.max=8", for: .seconds(600))
        try set("pids.max=6", for: .zero)
        #expect(undo.undoOverdue().results.count == 1)
        #expect(try machine.text("pids/a/pids.max") == "9")
    }

    /// The writer would write again after the restore, without an entry.
    @Test func changeInProgressIsNotUndone() throws {
        let parent = try #require(ProcessReader(.live).stat(getppid()))
        let writer = ProcessIdentity(pid: getppid(), startTicks: parent.startTicks)
        let index = try #require(machine.set.legacy(.pids))
        let directory = try CgroupDirectory(CgroupPath("/a"), in: machine.set.hierarchies[index])
        let journal = UndoJournal(
            directory: machine.journal.directory, bootID: BootID.current, writer: writer
        ).expiring(ExpiringChange(.zero, by: .dead))
        _ = try journal.begin(
            directory: directory, file: "pids.max", original: "max", wanted: "7", cause: "set")
        try overwrite("20")
        #expect(undo.undoOverdue().isIncomplete)
        #expect(try machine.text("pids/a/pids.max") == "20")
        #expect(try machine.journal.entries().count == 1)
    }

    @Test func onlyTheEntriesOfTheChangeAreUndone() throws {
        try set("cpu.max=1.5cpus")
        try set("pids.max=7", for: .zero)
        #expect(undo.undoOverdue().results.map(\.entry.cell.file) == ["pids.max"])
        #expect(try machine.journal.entries().map(\.cell.file) == ["cpu.cfs_quota_us"])
    }

    @Test func secondChangeReplacesTheDeadlineAndKeepsTheOriginal() throws {
        try set("pids.max=7", for: .zero)
        try set("pids.max=8", for: .seconds(600))
        #expect(undo.undoOverdue().results.isEmpty)
        #expect(try entry()?.original == "max")
        #expect(try machine.text("pids/a/pids.max") == "8")
    }

    /// Otherwise a typing error would keep what nobody has confirmed.
    @Test(arguments: [Duration.seconds(600), nil])
    func refusedChangeLeavesTheDeadline(_ time: Duration?) throws {
        try set("cpu.max=1.5cpus", for: .seconds(600))
        try set("pids.max=7", for: .seconds(600))
        let before = try machine.journal.entries().map(\.expiry)
        var journal = machine.journal
        if let time { journal = journal.expiring(ExpiringChange(time, by: .own)) }
        for refused in ["pids.max", "cpu.cfs_quota_us"] {
            let files = FaultingControlFiles()
            files.fail(refused, EINVAL, times: 1)
            let results = LimitTransaction(
                try machine.plan(["pids.max=8", "cpu.max=1.2cpus"], files: files),
                in: ActingContext(machine.set, files: files, journal: journal)
            ).apply()
            #expect(results.contains { !$0.isSuccess })
            #expect(try machine.text("pids/a/pids.max") == "7")
            #expect(try machine.journal.entries().map(\.expiry) == before)
        }
        let short = try machine.journal.state().records(bootID: BootID.current) { _ in false }
        #expect(
            JournalState(parsing: short, bootID: BootID.current).entries
                == (try machine.journal.entries()))
        #expect(try machine.journal.confirm(before[1]?.change ?? 0).count == 1)
    }

    @Test func sameValueAgainReplacesTheDeadline() throws {
        try set("pids.max=7", for: .zero)
        let first = try #require(try entry()?.expiry)
        try set("pids.max=7", for: .seconds(600))
        let second = try #require(try entry()?.expiry)
        #expect(second.deadline > first.deadline && second.change != first.change)
        // Without a deadline, the change stays.
        try set("pids.max=7")
        #expect(try entry()?.expiry == nil)
        #expect(try entry()?.original == "max")
    }

    @Test func valueThatNobodyChangedGetsNoEntry() throws {
        try overwrite("7")
        try set("pids.max=7", for: .zero)
        #expect(try machine.journal.entries().isEmpty)
    }

    @Test func confirmationKeepsTheChange() throws {
        try set("pids.max=7", for: .seconds(600))
        let number = try #require(try entry()?.expiry?.change)
        #expect(try machine.journal.confirm(number + 1).isEmpty)
        // Only a number selects a change that does not await a confirmation.
        #expect(try machine.journal.confirm().isEmpty)
        #expect(try machine.journal.confirm(number).count == 1)
        #expect(try entry()?.expiry == nil)
        #expect(try Restorer(set: machine.set, journal: machine.journal).restore().count == 1)
        #expect(try machine.text("pids/a/pids.max") == "max")
    }

    @Test func confirmationAfterTheDeadlineIsTooLate() throws {
        try set("pids.max=7", for: .zero)
        let number = try #require(try entry()?.expiry?.change)
        #expect(try machine.journal.confirm(number).isEmpty)
        #expect(undo.undoOverdue().results.count == 1)
    }

    @Test func expirySurvivesTheCompactionOfTheJournal() throws {
        try set("pids.max=7", for: .zero)
        try overwrite("9")
        _ = undo.undoOverdue()
        let before = try #require(try entry())
        let short = try machine.journal.state().records(bootID: BootID.current) { _ in false }
        #expect(JournalState(parsing: short, bootID: BootID.current).entries == [before])
    }

    @Test func recordsWithoutExpiryHaveNoNewFields() throws {
        try set("pids.max=7")
        let text = try String(contentsOfFile: "\(machine.root)/state/journal", encoding: .utf8)
        #expect(!text.contains("until=") && !text.contains("helper="))
    }

    /// A change must not be made that nothing would undo.
    @Test func missingHelperPreventsTheChange() throws {
        let context = try ActingContext(machine.set, journal: machine.journal).expiring(
            .after(.seconds(600)), by: UndoProgram("/bin/false"))
        let results = LimitTransaction(
            try machine.plan(["pids.max=7"]), in: context, cause: "test"
        ).apply()
        guard case .failed(let error) = results[0].outcome else {
            Issue.record("\(results)")
            return
        }
        #expect(error.message.contains("nothing was done"), "\(error)")
        #expect(error.message.hasSuffix("its helper ended before it was ready"), "\(error)")
        #expect(try machine.text("pids/a/pids.max") == "max")
        #expect(throws: ActuationError.self) {
            try ActingContext(machine.set).expiring(.after(.seconds(1)))
        }
    }
}
