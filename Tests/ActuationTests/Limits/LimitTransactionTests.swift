import Actuation
import Foundation
import Glibc
import Testing

@Suite struct LimitTransactionTests {
    private let machine: FakeMachine
    private let files = FaultingControlFiles()
    private let waits = PauseLog()

    init() throws {
        machine = try FakeMachine(FakeMachine.legacy)
        try machine.legacyCgroup()
    }

    private func apply(_ wishes: [String], shrink: Bool = false) throws -> [LimitResult] {
        let plan = try machine.plan(wishes, files: files, shrink: shrink)
        return LimitTransaction(
            plan, in: ActingContext(machine.set, files: files, journal: machine.journal),
            cause: "test", pause: waits.pause
        ).apply()
    }

    private func words(_ results: [LimitResult]) -> [String] {
        results.map { "\($0.outcome)".prefix { $0 != "(" }.description }
    }

    private static let three = ["pids.max=7", "memory.max=100MiB", "cpu.max=1.5cpus"]

    @Test func everyValueIsWrittenAndReadBack() throws {
        let results = try apply(Self.three)
        #expect(!results.contains { !$0.isSuccess })
        #expect(try machine.text("pids/a/pids.max") == "7")
        #expect(try machine.text("cpu/a/cpu.cfs_quota_us") == "150000")
        #expect(try machine.journal.entries().count == 3)
        #expect(words(try apply(Self.three)) == ["unchanged", "unchanged", "unchanged"])
        #expect(try machine.journal.entries().allSatisfy { $0.cause == "test" })
    }

    @Test(arguments: [EACCES, EPERM, EROFS, EINVAL, ERANGE, ENOSPC, EOPNOTSUPP, ENODEV, ENOENT])
    func anyRefusalRollsBackTheOthers(_ code: Int32) throws {
        files.fail("pids.max", code)
        let results = try apply(Self.three)
        #expect(words(results) == ["rolledBack", "rolledBack", "failed"])
        #expect(try machine.text("memory/a/memory.limit_in_bytes") == "209715200")
        #expect(try machine.text("cpu/a/cpu.cfs_quota_us") == "-1")
        #expect(waits.durations.isEmpty)
        #expect(try machine.journal.entries().isEmpty)
    }

    @Test func errorCodeDeterminesTheKindOfFailure() throws {
        let kinds: [(Int32, ActuationError.Code)] = [
            (EACCES, .notPermitted), (EROFS, .unavailable), (ENODEV, .notFound), (EINVAL, .failed),
        ]
        for (code, wanted) in kinds {
            let faulty = FaultingControlFiles()
            faulty.fail("pids.max", code)
            let plan = try machine.plan(["pids.max=7"])
            let result = LimitTransaction(plan, in: ActingContext(machine.set, files: faulty))
                .apply()[0]
            guard case .failed(let error) = result.outcome else {
                Issue.record("\(result.outcome)")
                continue
            }
            #expect(error.code == wanted, "\(error)")
        }
    }

    @Test func busyFileIsRetriedAfterOneTwoAndFourSeconds() throws {
        files.fail("memory.limit_in_bytes", EBUSY)
        #expect(words(try apply(["memory.max=100MiB"])) == ["failed"])
        #expect(waits.durations == [.seconds(1), .seconds(2), .seconds(4)])
        #expect(try machine.text("memory/a/memory.limit_in_bytes") == "209715200")
    }

    /// Another attempt cannot help: the usage is above the limit, and nothing is left to reclaim.
    @Test func limitThatV1CannotReachNamesTheUsage() throws {
        files.fail("memory.limit_in_bytes", EBUSY)
        let plan = try machine.plan(["memory.max=512KiB"], force: true)
        let result = LimitTransaction(
            plan, in: ActingContext(machine.set, files: files, journal: machine.journal),
            pause: waits.pause
        ).apply()[0]
        guard case .failed(let error) = result.outcome else {
            Issue.record("\(result.outcome)")
            return
        }
        #expect(
            error.message
                == "memory.max of /a: 1.0MiB in use; the kernel could not reclaim enough to reach "
                + "512KiB; free memory in it, or set a higher limit")
    }

    @Test func temporarilyBusyFileSucceeds() throws {
        files.fail("memory.limit_in_bytes", EBUSY, times: 2)
        #expect(words(try apply(["memory.max=100MiB"])) == ["applied"])
        #expect(waits.durations.count == 2)
    }

    @Test func failedRollbackStaysInTheJournal() throws {
        files.fail("pids.max", EACCES)
        files.fail("memory.limit_in_bytes", EINVAL, after: 1)
        let results = try apply(Self.three)
        #expect(words(results).sorted() == ["failed", "notRolledBack", "rolledBack"])
        let left = try machine.journal.entries()
        #expect(left.map(\.cell.file) == ["memory.limit_in_bytes"])
        #expect(left.first?.original == "209715200")
    }

    @Test func nothingIsWrittenWithoutAJournalEntry() throws {
        // A directory where the journal should be: it cannot be opened for writing.
        try FileManager.default.createDirectory(
            atPath: "\(machine.root)/state/journal", withIntermediateDirectories: true)
        #expect(words(try apply(["pids.max=7"])) == ["failed"])
        #expect(files.written.isEmpty)
    }

    @Test func recreatedCgroupIsNotTouched() throws {
        let plan = try machine.plan(["pids.max=7"])
        let place = "\(machine.root)/cgroup/pids/a"
        try FileManager.default.moveItem(atPath: place, toPath: "\(place)-old")
        try machine.cgroup("/a", in: "pids", ["pids.max": "max"])
        let result = LimitTransaction(
            plan, in: ActingContext(machine.set, files: files, journal: machine.journal)
        ).apply()[0]
        #expect(!result.isSuccess && files.written.isEmpty)
    }

    @Test func v1LimitIsShrunkInStepsAndRolledBackIfUnreachable() throws {
        try machine.cgroup("/a", in: "memory", ["memory.usage_in_bytes": "157286400"])
        let results = try apply(["memory.max=50MiB"], shrink: true)
        #expect(words(results) == ["failed"])
        // The usage of this machine never falls: some steps, then the original.
        #expect(files.written.first == "memory.limit_in_bytes=90177536")
        #expect(files.written.last == "memory.limit_in_bytes=209715200")
        #expect(try machine.journal.entries().isEmpty)
    }
}
