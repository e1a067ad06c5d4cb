import Actuation
import CgroupModel
import Foundation
import Glibc
import KernelIO
import Policy
import PolicyLanguage
import Testing

@testable import Enforcement

@Suite struct EnforcerTests {
    private let machine: FakeMachine
    private let target: Effect.Target
    private let notices = NoticeLog()

    init() throws {
        machine = try FakeMachine()
        try machine.usual()
        target = try machine.target()
    }

    private func enforcer(
        _ files: any ControlFiles = KernelControlFiles(), hooks: FakeHooks = FakeHooks(.succeeded),
        deadline: Duration = .seconds(5), clock: FakeClock = FakeClock()
    ) -> Enforcer {
        var bounds = Enforcer.Bounds()
        bounds.deadline = deadline
        return Enforcer(
            actions: machine.actions(files), hooks: hooks,
            policyHooks: [Hook(name: "h", command: ["/bin/true"], timeout: .seconds(1))],
            notices: notices, bounds: bounds, clock: clock.ofEffects)
    }

    private func results(_ enforcer: Enforcer) -> [EffectResult] {
        #expect(enforcer.waitUntilIdle(within: .seconds(60)))
        return enforcer.takeResults()
    }

    @Test func chainIsExecutedStepByStep() throws {
        let enforcer = enforcer()
        enforcer.enforce([
            .make(1, three, on: target, chain: 1),
            .make(2, .hook(name: "h", phase: .apply, waits: true), on: target, chain: 1),
            .make(3, .notify(sinks: ["pager"], level: .warning, text: "hi"), on: target, chain: 1),
            .make(4, .log(.info, text: "there"), on: target, chain: 1),
        ])
        #expect(results(enforcer).map(\.outcome) == [.done, .done, .done, .done])
        #expect(enforcer.takeResults().isEmpty)
        #expect(notices.notices.map(\.text) == ["hi", "there"])
        let notice = try #require(notices.notices.first)
        #expect(notice.sinks == ["pager"] && notice.level == .warning)
        #expect(notice.fields["CGWARDEN_RULE"] == "r" && notice.fields["CGWARDEN_GROUP"] == "/a")
    }

    @Test func vetoOfAHookSkipsTheRest() throws {
        for (ending, word) in [
            (HookEnding.vetoed, "vetoed"), (.failed("exit status 1"), "failed"),
            (.timedOut, "failed"),
        ] {
            let hooks = FakeHooks(ending)
            let enforcer = enforcer(hooks: hooks)
            enforcer.enforce([
                .make(1, .hook(name: "h", phase: .apply, waits: true), on: target, chain: 1),
                .make(2, three, on: target, chain: 1),
            ])
            #expect(results(enforcer).map(\.outcome.word) == [word, "skipped"])
            #expect(hooks.runs.map(\.rule) == ["r"] && hooks.runs.map(\.phase) == [.apply])
        }
        #expect(try machine.text("pids/a/pids.max") == "max")
    }

    /// A hung hook delayed the daemon by 30 s, and its cgroup was not restored.
    @Test func timedOutHooksUnblockTheirCgroup() throws {
        let hooks = FakeHooks(nil)
        let enforcer = enforcer(hooks: hooks)
        enforcer.enforce([
            .make(1, .hook(name: "h", phase: .apply, waits: true), on: target, chain: 1),
            .make(2, .hook(name: "h", phase: .apply, waits: true), on: target, chain: 2),
            .make(3, three, on: target, chain: 3),
        ])
        enforcer.endHooks()
        #expect(results(enforcer).map(\.outcome.word) == ["failed", "failed", "done"])
        #expect(hooks.runs.count == 1)
        #expect(try machine.text("pids/a/pids.max") != "max")
    }

    @Test func unawaitedUnknownAndDryRunHooksReturnImmediately() {
        let hooks = FakeHooks(nil)
        let enforcer = enforcer(hooks: hooks)
        enforcer.enforce([
            .make(1, .hook(name: "h", phase: .apply, waits: false), on: target),
            .make(2, .hook(name: "nope", phase: .apply, waits: true), on: target),
            .make(3, .hook(name: "h", phase: .undo, waits: true), on: target, isDryRun: true),
        ])
        #expect(results(enforcer).map(\.outcome.word) == ["done", "failed", "done"])
        #expect(hooks.runs.count == 1)
    }

    @Test func blockedWriteIsGivenUpWithoutWaiting() throws {
        let door = Door()
        let files = ScriptedFiles { file, _ in if file == "pids.max" { door.wait() } }
        try machine.usual("/b")
        let clock = FakeClock()
        let enforcer = enforcer(files, clock: clock)
        enforcer.enforce([
            .make(1, .set([.of("pids.max", 7)]), on: target, chain: 1),
            .make(2, .log(.info, text: "never"), on: target, chain: 1),
        ])
        #expect(enforcer.takeResults().isEmpty)
        clock.advance(by: .seconds(30))
        #expect(enforcer.takeResults().map(\.outcome.word) == ["hung", "skipped"])
        #expect(enforcer.isQuarantined(target.cgroup))
        // Other cgroups continue; this one is left alone.
        enforcer.enforce([
            .make(3, .set([.of("cpu.max", 500_000)]), on: try machine.target("/b")),
            .make(4, .set([.of("cpu.max", 500_000)]), on: target),
        ])
        var seen: [EffectResult] = []
        _ = Deadline(after: .seconds(60)).wait {
            seen += enforcer.takeResults()
            return seen.count == 2
        }
        #expect(seen.sorted { $0.id < $1.id }.map(\.outcome.word) == ["done", "vetoed"])
        door.open()
        #expect(results(enforcer).map(\.outcome) == [.done])
        #expect(!enforcer.isQuarantined(target.cgroup))
        #expect(notices.notices.isEmpty)
    }

    @Test func retriesOfABusyFileDoNotCountAsHung() throws {
        let files = failing(["memory.limit_in_bytes": EBUSY])
        let enforcer = enforcer(files, deadline: .seconds(1))
        enforcer.enforce([.make(1, .set([.of("memory.max", 100 << 20)]), on: target)])
        var seen: [EffectResult] = []
        _ = Deadline(after: .seconds(60)).wait {
            seen += enforcer.takeResults()
            return !seen.isEmpty
        }
        let result = try #require(seen.first)
        #expect(result.outcome.word == "failed" && result.outcome.errno == .busy)
        #expect(result.changes.map(\.after) == ["209715200"])
        #expect(result.changes.allSatisfy { $0.before == $0.after })
        #expect(try machine.journal.entries().isEmpty)
    }

    @Test func dryRunNoticesSayDryRun() {
        let enforcer = enforcer()
        enforcer.enforce([
            .make(1, .notify(sinks: [], level: .info, text: "hi"), on: target, isDryRun: true)
        ])
        _ = results(enforcer)
        #expect(notices.notices.map(\.text) == ["dry run: hi"])
    }
}
