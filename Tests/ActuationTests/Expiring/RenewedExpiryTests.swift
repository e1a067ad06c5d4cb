import Foundation
import Glibc
import KernelIO
import Testing

@testable import Actuation

/// A change that expires, of a value that is already as requested.
@Suite struct RenewedExpiryTests: ExpiringLimits {
    let machine: FakeMachine

    init() throws {
        machine = try FakeMachine(FakeMachine.legacy)
        try machine.legacyCgroup()
    }

    private var limit: String { get throws { try machine.text("pids/a/pids.max") } }

    /// Sets limits that are undone at once; returns the results and the number of the change.
    private func setForNow(
        _ requests: [String], _ files: any ControlFiles = KernelControlFiles()
    ) throws -> (results: [LimitResult], number: UInt64?) {
        let context = ActingContext(
            machine.set, files: files,
            journal: machine.journal.expiring(ExpiringChange(.zero, by: .dead)))
        let plan = try machine.plan(requests, files: files)
        let renewable = plan.renewable(in: machine.journal)
        let results = LimitTransaction(plan, in: context, cause: "again").apply()
        // The plan of a dry run promises the same.
        if results.allSatisfy(\.isSuccess) {
            #expect(renewable == Set(results.indices.filter { results[$0].isRenewed }))
        }
        return (results, context.changeNumber)
    }

    /// Before, the value returned to that of the earlier command, which is the same.
    @Test(arguments: [false, true])
    func valueOfAnEarlierCommandIsUndoneAtTheDeadline(isRewritten: Bool) throws {
        try set("pids.max=70")
        let (results, number) = try setForNow(["pids.max=70"])
        #expect(results.map(\.isRenewed) == [true] && number != nil)
        #expect(try entry()?.expiry?.change == number)
        if isRewritten { try rewrite() }
        #expect(undo.undoOverdue().results.count == 1)
        #expect(try limit == "max")
        #expect(try machine.journal.entries().isEmpty)
    }

    @Test func valueReturnsToTheOneBelowTheEarlierCommands() throws {
        for (place, value) in [70, 50].enumerated() {
            let journal = UndoJournal(
                directory: machine.journal.directory, bootID: BootID.current,
                writer: ProcessIdentity(pid: 4_194_305 + Int32(place), startTicks: 1))
            let results = LimitTransaction(
                try machine.plan(["pids.max=\(value)"]),
                in: ActingContext(machine.set, journal: journal)
            ).apply()
            #expect(results.allSatisfy { $0.isSuccess })
        }
        #expect(try setForNow(["pids.max=50"]).results.map(\.isRenewed) == [true])
        #expect(undo.undoOverdue().results.count == 1)
        #expect(try limit == "70")
        #expect(try entry()?.original == "max")
    }

    /// Even if an earlier command has set another value.
    @Test(arguments: [nil, Duration.seconds(600)])
    func valueOfOthersIsNotUndone(_ time: Duration?) throws {
        try set("pids.max=7", for: time)
        try overwrite("9")
        let before = try machine.journal.entries()
        let (results, number) = try setForNow(["pids.max=9"])
        #expect(results.map(\.isRenewed) == [false] && number == nil)
        #expect(results.allSatisfy { $0.isSuccess })
        // Neither with a deadline nor without one.
        try set("pids.max=9")
        #expect(try machine.journal.entries() == before)
        #expect(undo.undoOverdue().results.isEmpty)
        #expect(try limit == "9")
    }

    @Test func valueOfTheDaemonIsNotUndone() throws {
        try set("pids.max=321", owner: JournalEntry.daemon)
        let before = try machine.journal.entries()
        let (results, number) = try setForNow(["pids.max=321"])
        #expect(results.map(\.isRenewed) == [false] && number == nil)
        #expect(try machine.journal.entries() == before)
    }

    @Test(arguments: [nil, Duration.seconds(600)])
    func refusedChangeLeavesTheEarlierDeadline(_ time: Duration?) throws {
        try set("pids.max=7", for: time)
        let before = try machine.journal.entries()
        // The order of the writes does not matter.
        for request in ["cpu.max=1.5cpus", "memory.max=100MiB"] {
            let files = FaultyFiles(
                failing: ["cpu.cfs_quota_us", "memory.limit_in_bytes"], code: EINVAL)
            let (results, _) = try setForNow(["pids.max=7", request], files)
            #expect(results.contains { !$0.isSuccess } && !results.contains(where: \.isRenewed))
            #expect(try machine.journal.entries() == before)
        }
        #expect(undo.undoOverdue().results.isEmpty)
        #expect(try limit == "7")
    }
}
