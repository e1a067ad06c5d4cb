import CgroupModel
import Foundation
import Glibc
import Hierarchy
import KernelIO
import Testing

@testable import Actuation

/// The undo of one change, by its number.
@Suite struct ChangeReverterTests: ExpiringLimits {
    let machine: FakeMachine

    init() throws {
        machine = try FakeMachine(FakeMachine.legacy)
        try machine.legacyCgroup()
    }

    /// Sets limits as a command of its own would; returns the number of the change.
    @discardableResult
    private func set(_ wishes: String..., by pid: Int32) throws -> UInt64 {
        let journal = UndoJournal(
            directory: machine.journal.directory, bootID: BootID.current,
            writer: ProcessIdentity(pid: pid, startTicks: 1))
        let results = LimitTransaction(
            try machine.plan(wishes), in: ActingContext(machine.set, journal: journal),
            cause: "set \(wishes)"
        ).apply()
        try #require(!results.contains { !$0.isSuccess })
        return try #require(
            try journal.state().change(by: ProcessIdentity(pid: pid, startTicks: 1)))
    }

    private func revert(_ number: UInt64, dryRun: Bool = false) throws -> [RestoreResult] {
        try ChangeReverter(set: machine.set, journal: machine.journal).revert(
            number, dryRun: dryRun)
    }

    private var limit: String { get throws { try machine.text("pids/a/pids.max") } }

    // No process has these IDs (pid_max is at most 4,194,304).
    private let first: Int32 = 4_194_305
    private let second: Int32 = 4_194_306
    private let third: Int32 = 4_194_307

    @Test func eachChangeReturnsToTheOneBelow() throws {
        let numbers = [
            try set("pids.max=70", by: first), try set("pids.max=50", by: second),
            try set("pids.max=30", by: third),
        ]
        #expect(Set(numbers).count == 3)
        #expect(try revert(numbers[2]).count == 1)
        #expect(try limit == "50")
        #expect(try revert(numbers[1]).count == 1)
        #expect(try limit == "70")
        #expect(try machine.journal.entries().first?.original == "max")
        #expect(try revert(numbers[0]).count == 1)
        #expect(try limit == "max")
        #expect(try machine.journal.entries().isEmpty)
    }

    /// With the original's value nothing is left to restore, but the change can be undone.
    @Test func changeBackToTheOriginalReturnsToTheOneBelow() throws {
        let lower = try set("pids.max=70", by: first)
        let number = try set("pids.max=max", by: second)
        try rewrite()
        try machine.journal.compact()
        #expect(try revert(number, dryRun: true).count == 1)
        #expect(try revert(number).count == 1)
        #expect(try limit == "70")
        #expect(try machine.journal.entries().map(\.original) == ["max"])
        #expect(try revert(lower).count == 1)
        #expect(try limit == "max")
        #expect(try machine.journal.entries().isEmpty)
    }

    @Test func changeAfterOneBackToTheOriginalKeepsThoseBelow() throws {
        let numbers = [
            try set("pids.max=70", by: first), try set("pids.max=max", by: second),
            try set("pids.max=50", by: third),
        ]
        try rewrite()
        for (number, value) in zip(numbers.reversed(), ["max", "70", "max"]) {
            #expect(try revert(number).count == 1)
            #expect(try limit == value)
        }
    }

    @Test func restoreEndsTheChangesBelowAnOriginal() throws {
        try set("pids.max=70", by: first)
        let number = try set("pids.max=max", by: second)
        #expect(try Restorer(set: machine.set, journal: machine.journal).restore().isEmpty)
        #expect(try revert(number).isEmpty)
        #expect(try limit == "max")
        #expect(!FileManager.default.fileExists(atPath: "\(machine.root)/state/journal"))
    }

    /// The value that is there when the change is made is the original.
    @Test func valueOfOthersInsteadOfTheOriginalIsTheNewOne() throws {
        try set("pids.max=70", by: first)
        try set("pids.max=max", by: second)
        try overwrite("200")
        try set("pids.max=50", by: third)
        #expect(try Restorer(set: machine.set, journal: machine.journal).restore().count == 1)
        #expect(try limit == "200")
    }

    @Test func dryRunSaysThatALaterOwnersValueStays() throws {
        try set("pids.max=70", by: first)
        let number = try set("pids.max=50", by: second)
        try set("pids.max=70", owner: JournalEntry.daemon)
        let before = try machine.journal.entries()
        for dryRun in [true, false] {
            #expect(
                try revert(number, dryRun: dryRun).map { "\($0.outcome)" } == ["overridden"])
            #expect(try limit == "70")
            #expect(try (machine.journal.entries() == before) == dryRun)
        }
    }

    @Test func laterChangeIsNeverUndone() throws {
        let number = try set("pids.max=70", by: first)
        try set("pids.max=50", by: second)
        #expect(try revert(number).isEmpty)
        #expect(try limit == "50")
    }

    @Test func valuesOfOneCommandHaveOneNumber() throws {
        let number = try set("pids.max=70", "cpu.max=1.5cpus", by: first)
        try set("pids.max=50", by: second)
        #expect(try machine.journal.entries().filter { $0.change == number }.count == 1)
        #expect(try revert(number).map(\.entry.cell.file) == ["cpu.cfs_quota_us"])
        #expect(try limit == "50")
    }

    @Test func dryRunWritesNothing() throws {
        try set("pids.max=70", by: first)
        let number = try set("pids.max=50", by: second)
        #expect(try revert(number, dryRun: true).map(\.entry.original) == ["70"])
        #expect(try limit == "50")
        #expect(try revert(number).count == 1)
        #expect(try limit == "70")
    }

    @Test func valueOfOthersIsLeftAlone() throws {
        try set("pids.max=70", by: first)
        let number = try set("pids.max=50", by: second)
        try Data("9\n".utf8).write(to: URL(filePath: "\(machine.root)/cgroup/pids/a/pids.max"))
        #expect(try revert(number).allSatisfy(\.isLeft))
        #expect(try limit == "9")
    }

    /// As any restore does: a cgroup may be busy for a moment.
    @Test func busyValueIsTriedAgain() throws {
        try set("pids.max=70", by: first)
        let number = try set("pids.max=50", by: second)
        let (files, pauses) = (FaultingControlFiles(), PauseLog())
        files.fail("pids.max", EBUSY, times: 1)
        let results = try ChangeReverter(
            set: machine.set, journal: machine.journal, files: files, pause: pauses.pause
        ).revert(number)
        #expect(results.allSatisfy { !$0.isLeft } && results.count == 1, "\(results)")
        #expect(pauses.durations == [.seconds(1)])
        #expect(try limit == "70")
    }

    /// If another program has thawed the cgroup in between, an entry below would name a freeze that
    /// is not in force.
    @Test func secondFreezeReturnsToTheOriginal() throws {
        let index = try #require(machine.set.legacy(.pids))
        let directory = try CgroupDirectory(CgroupPath("/a"), in: machine.set.hierarchies[index])
        for pid in [first, second] {
            let journal = UndoJournal(
                directory: machine.journal.directory, bootID: BootID.current,
                writer: ProcessIdentity(pid: pid, startTicks: 1)
            ).expiring(ExpiringChange(.seconds(600), by: .dead))
            let entry = try journal.begin(
                directory: directory, file: "freezer.state", original: "THAWED", wanted: "FROZEN",
                cause: "freeze")
            try journal.finish(entry, readBack: "FROZEN")
        }
        let entries = try machine.journal.entries()
        #expect(entries.count == 1 && entries.allSatisfy(\.earlier.isEmpty))
    }

    /// The daemon must not return to the undone change when it ends.
    @Test func undoneValueDoesNotReturnWhenTheDaemonEnds() throws {
        try set("pids.max=70", by: first)
        let number = try set("pids.max=50", by: second)
        let daemon = machine.journal.owned(by: JournalEntry.daemon)
        _ = LimitTransaction(
            try machine.plan(["pids.max=70"]), in: ActingContext(machine.set, journal: daemon)
        ).apply()
        #expect(try revert(number).allSatisfy { !$0.isLeft })
        _ = try Restorer(set: machine.set, journal: machine.journal).restore(owners: .daemon)
        #expect(try limit == "70")
        #expect(try machine.journal.entries().map(\.original) == ["max"])
    }

    /// It has written the value but not its record.
    @Test func undoThatDiedHalfwayCanBeRepeatedOrRestored() throws {
        try set("pids.max=70", by: first)
        let number = try set("pids.max=50", by: second)
        func die() throws {
            try Data("70\n".utf8).write(
                to: URL(filePath: "\(machine.root)/cgroup/pids/a/pids.max"))
        }
        try die()
        #expect(try revert(number, dryRun: true).allSatisfy { !$0.isLeft })
        #expect(try Restorer(set: machine.set, journal: machine.journal).restore().count == 1)
        #expect(try limit == "max")
    }

    /// Without the cgroup between two moves, the process can still return to the first one.
    @Test func processIsNotForgottenWithTheCgroupBelow() throws {
        let index = try #require(machine.set.legacy(.pids))
        let hierarchy = machine.set.hierarchies[index]
        let process: Int32 = 77
        let proc = "\(machine.root)/proc/\(process)"
        try FileManager.default.createDirectory(
            atPath: proc, withIntermediateDirectories: true)
        let fields = ["S", "1"] + Array(repeating: "0", count: 17) + ["5"]
        let stat = fields + Array(repeating: "0", count: 30)
        try Data("\(process) (x) \(stat.joined(separator: " "))\n".utf8).write(
            to: URL(filePath: "\(proc)/stat"))
        try Data("5:pids:/c\n".utf8).write(to: URL(filePath: "\(proc)/cgroup"))
        try machine.cgroup("/b", in: "pids", [:])
        try machine.cgroup("/c", in: "pids", [:])
        let places = try ["/a", "/b", "/c"].map {
            try CgroupDirectory(CgroupPath($0), in: hierarchy)
        }
        for (place, pid) in [first, second].enumerated() {
            let journal = UndoJournal(
                directory: machine.journal.directory, bootID: BootID.current,
                writer: ProcessIdentity(pid: pid, startTicks: 1))
            let entry = try journal.begin(
                JournalEntry.moved(process, startTicks: 5), at: places[place + 1].path,
                in: hierarchy, original: "\(MembershipText(places[place]))",
                wanted: "\(MembershipText(places[place + 1]))", cause: "move")
            try journal.finish(entry, readBack: "\(MembershipText(places[place + 1]))")
        }
        let number = try #require(try machine.journal.entries().first?.change)
        try FileManager.default.removeItem(atPath: "\(machine.root)/cgroup/pids/b")
        let results = try revert(number)
        #expect(results.count == 1 && results.allSatisfy(\.isLeft), "\(results)")
        #expect(try machine.journal.entries().count == 1)
        #expect(try Restorer(set: machine.set, journal: machine.journal).restore().count == 1)
        #expect(try machine.text("pids/a/cgroup.procs") == "77")
    }

    @Test func changesBelowSurviveTheCompactionOfTheJournal() throws {
        try set("pids.max=70", by: first)
        try set("pids.max=50", by: second)
        try set("pids.max=30", by: third)
        let before = try machine.journal.entries()
        let short = try machine.journal.state().records(bootID: BootID.current) { _ in false }
        #expect(JournalState(parsing: short, bootID: BootID.current).entries == before)
        #expect(before.first?.earlier.map(\.found) == ["70", "50"])
    }

    @Test func changesBelowAreBounded() throws {
        for number in 0..<40 {
            try set("pids.max=\(100 + number)", by: first + Int32(number))
        }
        let entry = try #require(try machine.journal.entries().first)
        #expect(entry.earlier.count == EarlierChange.most)
        #expect(entry.original == "max" && entry.earlier.last?.found == "138")
    }
}
