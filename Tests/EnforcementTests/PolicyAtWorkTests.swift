import Actuation
import CgroupModel
import Glibc
import KernelIO
import Policy
import PolicyLanguage
import Testing

@testable import Enforcement

/// Policies when the kernel refuses writes: engine and enforcement together.
@Suite struct PolicyAtWorkTests {
    private let machine: FakeMachine

    init() throws {
        machine = try FakeMachine()
        try machine.usual()
    }

    private static let wishes: [LimitAssignment] = [
        .of("memory.max", 100 << 20), .of("pids.max", 7), .of("cpu.max", 1_500_000),
    ]

    private func standing(
        _ files: any ControlFiles, byRule: Bool = false, isTogether: Bool = true
    ) -> PolicyAtWork {
        PolicyAtWork(
            .setting(Self.wishes, byRule: byRule, isTogether: isTogether), on: machine,
            machine.actions(files))
    }

    /// A failing value does not affect others, and is retried separately.
    @Test(arguments: [true, false])
    func deniedValueDoesNotAffectOthers(byRule: Bool) throws {
        let files = failing(["cpu.cfs_quota_us": EACCES])
        var work = standing(files, byRule: byRule, isTogether: false)
        for time in 0...303 { try work.tick(time) }
        #expect(work.ends(of: "set") == ["1 partial", "302 failed EACCES"])
        #expect(files.written == ["pids.max=7", "memory.limit_in_bytes=104857600"])
        #expect(work.times(of: "notify") == [1])
        #expect(work.engine.metrics.failing.map(\.key.name) == ["cpu.max"])
        var engine = work.engine
        let last = engine.stop().effects
        #expect(last.map(\.kind.name) == ["restore"])
        for effect in last { _ = machine.actions().perform([effect], pause: { _ in }) }
        #expect(try machine.text("memory/a/memory.limit_in_bytes") == "209715200")
        #expect(try machine.text("pids/a/pids.max") == "max")
        #expect(try machine.journal.entries().isEmpty)
    }

    /// Row 13: the first file is rolled back, and nothing is retried for five minutes.
    @Test func deniedSecondFileRollsBackTheFirst() throws {
        // Memory comes first, then cpu, then pids.
        let files = failing(["cpu.cfs_quota_us": EACCES])
        var work = standing(files)
        for time in 0...300 { try work.tick(time) }
        #expect(work.ends(of: "set") == ["1 rolledBack EACCES"])
        #expect(
            files.written == ["memory.limit_in_bytes=104857600", "memory.limit_in_bytes=209715200"])
        #expect(try machine.text("memory/a/memory.limit_in_bytes") == "209715200")
        #expect(try machine.journal.entries().isEmpty)
        for time in 301...303 { try work.tick(time) }
        #expect(work.times(of: "set") == [0, 301])
        #expect(files.written.count == 4)
    }

    /// Row 14: read-only from the start: it keeps monitoring, and has nothing to restore.
    @Test func readOnlyCgroupsAreOnlyMonitored() throws {
        let files = ScriptedFiles { file, _ throws(IOError) in
            throw IOError("write", file, code: EROFS)
        }
        var work = standing(files)
        for time in 0...100 { try work.tick(time) }
        #expect(work.ends(of: "set") == ["1 failed EROFS"])
        #expect(files.written == [])
        #expect(try machine.journal.entries().isEmpty)
        var engine = work.engine
        #expect(engine.stop().effects.isEmpty)
    }

    /// Row 15: a failed restore is reported once, retried at each tick, and shown.
    @Test func failedRestoreIsRetriedUntilItSucceeds() throws {
        let isFixed = Flag()
        let isWritten = Flag()
        let files = ScriptedFiles { file, _ throws(IOError) in
            if file == "pids.max" { throw IOError("write", file, code: EACCES) }
            guard file == "memory.limit_in_bytes" else { return }
            if isWritten.value, !isFixed.value { throw IOError("write", file, code: EINVAL) }
            isWritten.set()
        }
        var work = standing(files, byRule: true)
        for time in 0...9 { try work.tick(time, pids: time == 0 ? 95 : 10) }
        #expect(work.ends(of: "set") == ["1 halfway EACCES"])
        #expect(work.times(of: "restore") == Array(1...9))
        #expect(work.times(of: "notify") == [1])
        let owed = work.engine.metrics.owed.map { "\($0.key) of \($0.target.path)" }
        #expect(owed == ["memory.max of /a"])
        #expect(try machine.journal.entries().map(\.cell.file) == ["memory.limit_in_bytes"])
        isFixed.set()
        for time in 10...13 { try work.tick(time, pids: 10) }
        #expect(work.times(of: "restore") == Array(1...10))
        #expect(work.times(of: "notify") == [1])
        #expect(work.engine.metrics.owed.isEmpty)
        #expect(try machine.text("memory/a/memory.limit_in_bytes") == "209715200")
        #expect(try machine.journal.entries().isEmpty)
    }

    /// Row 34: a write that does not come back for a minute: its cgroup is left alone, the ticks
    /// go on, and so do the others.
    @Test(.timeLimit(.minutes(10))) func blockedWriteDoesNotDelayTicks() throws {
        try machine.usual("/b")
        let door = Door()
        let files = ScriptedFiles { file, directory in
            if file == "memory.limit_in_bytes", directory.path == CgroupPath("/a") { door.wait() }
        }
        let clock = FakeClock()
        let enforcer = Enforcer(
            actions: machine.actions(files), hooks: FakeHooks(nil), policyHooks: [],
            notices: NoticeLog(), bounds: Enforcer.Bounds(), clock: clock.ofEffects)
        var work = PolicyAtWork(
            .setting(Self.wishes, byRule: true), on: machine, ["/a", "/b"]
        ) { effects in
            enforcer.enforce(effects)
            return enforcer.takeResults()
        }
        func ends() -> [String] {
            work.audit.filter { $0.record.action == "set" && $0.record.outcome != nil }
                .map {
                    "\($0.record.target?.path.description ?? "") \($0.record.outcome?.word ?? "")"
                }.sorted()
        }
        var time = 0
        func tick(_ pids: UInt64, until isReached: () throws -> Bool) throws {
            let reached = try Deadline(after: .seconds(60)).wait {
                try work.tick(time, pids: pids)
                time += 1
                return try isReached()
            }
            #expect(reached, "\(ends())")
        }
        try tick(95) { ends() == ["/b done"] }
        clock.advance(by: .seconds(60))
        try tick(95) { ends() == ["/a hung", "/b done"] }
        #expect(enforcer.isQuarantined(try machine.target("/a").cgroup))
        // The other one is restored, and the first is not retried.
        try tick(10) { try machine.text("memory/b/memory.limit_in_bytes") == "209715200" }
        #expect(try machine.text("memory/a/memory.limit_in_bytes") == "209715200")
        door.open()
        try tick(10) { try machine.journal.entries().isEmpty }
        #expect(!enforcer.isQuarantined(try machine.target("/a").cgroup))
        #expect(try machine.text("memory/a/memory.limit_in_bytes") == "209715200")
        #expect(try machine.journal.entries().isEmpty)
    }
}
