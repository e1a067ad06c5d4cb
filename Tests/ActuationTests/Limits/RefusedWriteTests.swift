import Actuation
import CgroupModel
import Foundation
import Glibc
import Hierarchy
import KernelIO
import Testing

/// The message for each errno of a write, and the state after it.
@Suite struct RefusedWriteTests {
    struct Refusal: Sendable, CustomTestStringConvertible {
        let errno: Int32
        let code: ActuationError.Code
        let advice: String
        var retries = 0

        var testDescription: String { unsafe String(cString: strerror(errno)) }
    }

    static let refusals = [
        Refusal(errno: ENOENT, code: .notFound, advice: "removed"),
        Refusal(errno: ENODEV, code: .notFound, advice: "removed"),
        Refusal(errno: ESRCH, code: .notFound, advice: "removed"),
        Refusal(errno: EBUSY, code: .busy, advice: "try again", retries: 3),
        Refusal(errno: EAGAIN, code: .busy, advice: "try again"),
        Refusal(errno: ETIMEDOUT, code: .busy, advice: "in time"),
        Refusal(errno: EACCES, code: .notPermitted, advice: "run as root"),
        Refusal(errno: EPERM, code: .notPermitted, advice: "run as root"),
        Refusal(errno: EROFS, code: .unavailable, advice: "read-only"),
        Refusal(errno: EINVAL, code: .failed, advice: "rejects that value"),
        Refusal(errno: ERANGE, code: .failed, advice: "rejects that value"),
        Refusal(errno: ENOSPC, code: .failed, advice: "no CPU or memory node"),
        Refusal(errno: EOPNOTSUPP, code: .unavailable, advice: "not supported by this kernel"),
        Refusal(errno: EIO, code: .failed, advice: "dmesg"),
    ]

    private let machine: FakeMachine
    private let files = FaultingControlFiles()
    private let waits = PauseLog()

    init() throws {
        machine = try FakeMachine(FakeMachine.legacy)
        try machine.legacyCgroup()
    }

    /// The second of three files refuses.
    @Test(arguments: refusals) func refusedSetRollsBackAndReportsTheReason(_ refusal: Refusal)
        throws
    {
        let plan = try machine.plan(["pids.max=7", "memory.max=100MiB", "cpu.max=1.5cpus"])
        let second = plan.writes[1].cell.file
        files.fail(second, refusal.errno)
        let results = LimitTransaction(
            plan, in: ActingContext(machine.set, files: files, journal: machine.journal),
            pause: waits.pause
        ).apply()
        guard case .rolledBack = results[0].outcome, case .failed(let error) = results[1].outcome,
            case .skipped = results[2].outcome
        else {
            Issue.record("\(results.map(\.outcome))")
            return
        }
        #expect(error.code == refusal.code)
        for part in [refusal.advice, refusal.testDescription, "cgroup /a", "hierarchy", second] {
            #expect(error.message.contains(part), "\(error)")
        }
        #expect(!error.message.contains("\n"))
        #expect(waits.durations.count == refusal.retries)
        #expect(try machine.text("memory/a/memory.limit_in_bytes") == "209715200")
        #expect(try machine.text("cpu/a/cpu.cfs_quota_us") == "-1")
        #expect(try machine.text("pids/a/pids.max") == "max")
        #expect(try machine.journal.entries().isEmpty)
    }

    @Test(arguments: refusals.filter { $0.code != .notFound })
    func refusedRestoreReportsTheReason(_ refusal: Refusal) throws {
        let plan = try machine.plan(["pids.max=7"])
        #expect(
            LimitTransaction(plan, in: ActingContext(machine.set, journal: machine.journal))
                .apply()[0].isSuccess)
        files.fail("pids.max", refusal.errno)
        let restorer = Restorer(
            set: machine.set, journal: machine.journal, files: files, pause: waits.pause)
        guard case .failed(let error) = try restorer.restore()[0].outcome else {
            Issue.record("it was restored")
            return
        }
        #expect(error.code == refusal.code && error.message.contains(refusal.advice), "\(error)")
        // It stays in the journal, and is restored when possible.
        #expect(try machine.journal.entries().map(\.original) == ["max"])
        #expect(try Restorer(set: machine.set, journal: machine.journal).restore().count == 1)
        #expect(try machine.text("pids/a/pids.max") == "max")
    }

    /// The write is taken, but what is there then cannot be read.
    @Test func writeThatCannotBeReadBackIsRolledBack() throws {
        let blind = BlindFiles(file: "pids.max", after: 1)
        let plan = try machine.plan(["cpu.max=1.5cpus", "pids.max=7"])
        let results = LimitTransaction(
            plan, in: ActingContext(machine.set, files: blind, journal: machine.journal)
        ).apply()
        #expect(results.contains { if case .failed = $0.outcome { true } else { false } })
        #expect(try machine.text("pids/a/pids.max") == "max")
        #expect(try machine.text("cpu/a/cpu.cfs_quota_us") == "-1")
        // The rollback was not confirmed, so restore checks it.
        #expect(try machine.journal.entries().map(\.readBack) == [nil])
        let results2 = try Restorer(set: machine.set, journal: machine.journal).restore()
        guard case .already = results2[0].outcome else {
            Issue.record("\(results2)")
            return
        }
    }

    /// Between the plan and the write, and between the record and the write.
    @Test(.enabled(if: LimitScratch.isPossible, "no cgroup can be made here"), arguments: [0, 1])
    func setOnAVanishedCgroupReportsIt(_ reads: Int) throws {
        let scratch = try LimitScratch()
        guard scratch.has(.pids) else { try Test.cancel("a controller is missing here") }
        let plan = try scratch.plan(["pids.max=50"])
        let directory = try scratch.directory(.pids)
        let place = directory.hierarchy.directory.pathText + scratch.path.description
        let vanishing = HookedFiles(afterReads: reads) { unsafe rmdir(place) }
        let results = LimitTransaction(
            plan, in: ActingContext(scratch.set, files: vanishing, journal: scratch.journal)
        ).apply()
        guard case .failed(let error) = results[0].outcome else {
            Issue.record("\(results[0].outcome)")
            return
        }
        #expect(error.code == .notFound, "\(error)")
        #expect(try scratch.journal.entries().isEmpty)
        try FileManager.default.createDirectory(
            atPath: place, withIntermediateDirectories: false)
    }

    /// In the order that the kernel refuses; the first of the two is rolled back.
    @Test(.enabled(if: LimitScratch.isPossible, "no cgroup can be made here"))
    func refusedOrderOfMemoryAndSwapIsRolledBack() throws {
        let scratch = try LimitScratch()
        guard scratch.has(.memory), !scratch.isUnified(.memory),
            (try? scratch.directory(.memory).text("memory.memsw.limit_in_bytes")) != nil
        else { try Test.cancel("it needs v1 memory that accounts swap") }
        let before = try scratch.everything()
        #expect(try scratch.set("memory.max=100MiB", "memory.memsw.max=120MiB").count == 2)
        let between = try scratch.everything()
        var plan = try scratch.plan(["memory.max=200MiB", "memory.memsw.max=220MiB", "pids.max=9"])
        var writes = plan.writes
        for index in writes.indices {
            // The wish for the outer one pretends to take away, and so comes after the inner one.
            writes[index].direction =
                writes[index].cell.file.contains("memsw") ? .narrows : .widens
        }
        plan = LimitPlan(writes)
        #expect(plan.writes.last?.cell.file.contains("memsw") == true)
        let results = LimitTransaction(
            plan, in: ActingContext(scratch.set, journal: scratch.journal)
        ).apply()
        guard
            let failed = results.first(where: {
                if case .failed = $0.outcome { true } else { false }
            })
        else {
            Issue.record("\(results.map(\.outcome))")
            return
        }
        #expect(failed.write.cell.file == "memory.limit_in_bytes")
        #expect(try scratch.everything() == between)
        _ = try Restorer(set: scratch.set, journal: scratch.journal).restore()
        #expect(try scratch.everything() == before)
    }
}

/// The kernel's files, of which one cannot be read after it was read so often.
final class BlindFiles: ControlFiles, @unchecked Sendable {
    private let file: String
    private var left: Int
    private let kernel = KernelControlFiles()

    init(file: String, after reads: Int) {
        self.file = file
        left = reads
    }

    func text(_ name: String, of directory: CgroupDirectory) throws(IOError) -> String {
        if name == file {
            guard left > 0 else { throw IOError("read", name, code: EIO) }
            left -= 1
        }
        return try kernel.text(name, of: directory)
    }

    func write(
        _ value: String, to name: String, of directory: CgroupDirectory
    ) throws(IOError) {
        try kernel.write(value, to: name, of: directory)
    }
}

/// The kernel's files; something happens once, after so many reads or before the next write.
final class HookedFiles: ControlFiles, @unchecked Sendable {
    private var reads: Int
    private var hook: (() -> Void)?
    private let kernel = KernelControlFiles()

    init(afterReads reads: Int, _ hook: @escaping () -> Void) {
        self.reads = reads
        self.hook = hook
    }

    private func fire() {
        hook?()
        hook = nil
    }

    func text(_ name: String, of directory: CgroupDirectory) throws(IOError) -> String {
        if reads == 0 { fire() }
        reads -= 1
        return try kernel.text(name, of: directory)
    }

    func write(
        _ value: String, to name: String, of directory: CgroupDirectory
    ) throws(IOError) {
        fire()
        try kernel.write(value, to: name, of: directory)
    }
}
