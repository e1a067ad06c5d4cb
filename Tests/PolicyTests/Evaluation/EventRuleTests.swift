import CgroupModel
import Configuration
import Testing

@testable import Policy
@testable import PolicyLanguage

/// Rules that events trigger.
@Suite struct EventRuleTests {
    private static let notice = "do: [{notify: {sinks: [journald]}}]"

    private func run(_ keys: String, group: String = "path: /g/*") throws -> EngineRun {
        try EngineRun(
            """
            groups: {g: {\(group)}}
            rules: [{name: r, on: g, \(keys)}]

            """)
    }

    private func cgroups(_ names: String...) -> [EngineRun.Cgroup] {
        names.map { EngineRun.Cgroup(path: $0, values: ["pids.current": Reading(1)]) }
    }

    private func event(_ kind: EventKind, _ path: String, _ run: EngineRun) -> PolicyEvent {
        PolicyEvent(kind, CgroupPath(path), run.id(path))
    }

    @Test func anEventTriggersARuleForItsCgroup() throws {
        var run = try run("on_event: oom-kill, cooldown: 2s, \(Self.notice)")
        run.tick(0, cgroups("/g/a", "/g/b", "/h"))
        run.events = [
            event(.oomKill, "/g/a", run), event(.oomKill, "/h", run), event(.oom, "/g/b", run),
        ]
        for second in 1...5 { run.tick(Double(second), cgroups("/g/a", "/g/b", "/h")) }
        #expect(run.acts() == ["1 notify /g/a"])
        #expect(run.states() == ["1 active"])
        // The event counts for the rate window of five seconds.
        run.tick(6, cgroups("/g/a", "/g/b", "/h"))
        #expect(run.states() == ["1 active", "6 clearing", "6 cooldown"])
        let notice = run.effects[0].effect.kind
        guard case .notify(_, _, let text) = notice else {
            Issue.record("\(notice)")
            return
        }
        #expect(text.hasPrefix("r on /g/a: fired, because event(oom-kill) within 5s"))
    }

    @Test func severalEventsMustHappenWithinTheTime() throws {
        var run = try run("on_event: {kind: limit-hit, times: 3, within: 10s}, \(Self.notice)")
        for second in 0...40 {
            if [1, 6, 12, 22, 23, 31].contains(second) {
                run.events = [event(.limitHit, "/g/a", run)]
            }
            run.tick(Double(second), cgroups("/g/a"))
        }
        // At 12 the first one is too old.
        #expect(run.acts() == ["31 notify /g/a"])
    }

    @Test func detailsSelectTheEvents() throws {
        var run = try run(
            "on_event: {kind: [pressure, throttled], state: begin}, cooldown: 1s, \(Self.notice)")
        run.tick(0, cgroups("/g/a", "/g/b"))
        var ended = event(.pressure, "/g/a", run)
        ended.state = "end"
        var begun = event(.throttled, "/g/b", run)
        begun.state = "begin"
        run.events = [ended, begun]
        run.tick(1, cgroups("/g/a", "/g/b"))
        #expect(run.acts() == ["1 notify /g/b"])

        var limits = try self.run("on_event: {kind: changed, limit: cpu.shares}, \(Self.notice)")
        limits.tick(0, cgroups("/g/a", "/g/b"))
        var other = event(.changed, "/g/a", limits)
        other.limit = "memory.max"
        var own = event(.changed, "/g/b", limits)
        own.limit = "cpu.weight"
        limits.events = [other, own]
        limits.tick(1, cgroups("/g/a", "/g/b"))
        #expect(limits.acts() == ["1 notify /g/b"])

        var resource = try self.run(
            "on_event: {kind: pressure, resource: memory}, \(Self.notice)")
        resource.tick(0, cgroups("/g/a", "/g/b"))
        var cpu = event(.pressure, "/g/a", resource)
        cpu.resource = "cpu"
        var memory = event(.pressure, "/g/b", resource)
        memory.resource = "memory"
        resource.events = [cpu, memory]
        resource.tick(1, cgroups("/g/a", "/g/b"))
        #expect(resource.acts() == ["1 notify /g/b"])
    }

    @Test func anEventAndAConditionMustBothHold() throws {
        var run = try run("on_event: oom, when: pids.current > 4, \(Self.notice)")
        func tick(_ second: Double, _ pids: UInt64, _ run: inout EngineRun) {
            run.tick(
                second, [EngineRun.Cgroup(path: "/g/a", values: ["pids.current": Reading(pids)])])
        }
        tick(0, 1, &run)
        run.events = [event(.oom, "/g/a", run)]
        tick(1, 1, &run)
        #expect(run.acts().isEmpty)
        tick(2, 9, &run)
        #expect(run.acts() == ["2 notify /g/a"])
    }

    /// A service manager removes the cgroup of a killed service at once.
    @Test func anEventOfARemovedCgroupIsStillReportedOnce() throws {
        var run = try run("on_event: [oom-kill, died], \(Self.notice)")
        run.tick(0, cgroups("/g/a", "/g/b", "/h"))
        run.tick(1, cgroups("/g/b"))
        run.events = [
            event(.oomKill, "/g/a", run), event(.died, "/g/a", run), event(.died, "/h", run),
        ]
        run.tick(2, cgroups("/g/b"))
        #expect(run.acts() == ["2 notify /g/a"])
        // After ten seconds it is forgotten.
        run.tick(3, [])
        run.events = [event(.died, "/g/b", run)]
        run.tick(20, [])
        #expect(run.acts().count == 1)
    }

    @Test func manyRemovedCgroupsOfATenantDoNotHideTheEventOfAnother() throws {
        var run = try run("on_event: oom-kill, \(Self.notice)", group: "path: [/t/*, /z/*]")
        let tenant = (0..<2000).map { "/t/\($0)" }
        let all = (tenant + ["/z/db"]).map { EngineRun.Cgroup(path: $0, values: [:]) }
        run.tick(0, all)
        run.tick(1, [])
        run.events = [event(.oomKill, "/z/db", run)]
        run.tick(2, [])
        #expect(run.acts() == ["2 notify /z/db"])
    }

    @Test func aLongTimeIsCountedInFewSteps() {
        var trigger = EventTrigger(kinds: [.moved], within: .seconds(3600))
        trigger.times = 3000
        var counts = EventCounts(trigger, group: nil)
        for second in 1...7200 as ClosedRange<UInt64> {
            counts.add(1, row: 0, now: second * 1_000_000_000)
            counts.prune(now: second * 1_000_000_000)
        }
        let now: UInt64 = 7200 * 1_000_000_000
        #expect((3540...3600).contains(counts.count(row: 0, now: now)))
        #expect(counts.isMet(row: 0, now: now))
        #expect(counts.count(row: 0, now: now + 3_600_000_000_000) == 0)
    }

    @Test func aRuleThatMustActSaysNothingAboutARemovedCgroup() throws {
        var run = try run("on_event: oom-kill, until_for: 1m, do: [{set: {pids.max: 5}}]")
        run.tick(0, cgroups("/g/a"))
        run.tick(1, [])
        run.events = [event(.oomKill, "/g/a", run)]
        run.tick(2, [])
        #expect(run.acts().isEmpty)
    }

    @Test func aGroupCountsTheEventsOfAllItsMembers() throws {
        var run = try run(
            "scope: aggregate, on_event: {kind: [limit-hit, died], times: 3, within: 1m}, "
                + Self.notice)
        run.tick(0, cgroups("/g/a", "/g/b", "/g/c", "/h"))
        run.tick(1, cgroups("/g/b", "/g/c", "/h"))
        run.events = [event(.died, "/g/a", run), event(.limitHit, "/h", run)]
        run.tick(2, cgroups("/g/b", "/g/c", "/h"))
        run.events = [event(.limitHit, "/g/b", run), event(.limitHit, "/g/c", run)]
        run.tick(3, cgroups("/g/b", "/g/c", "/h"))
        #expect(run.acts() == ["3 notify /g/b", "3 notify /g/c"])
    }

    @Test func aNewCgroupAtThePathStartsWithoutTheEventsOfTheOldOne() throws {
        var run = try run("on_event: {kind: limit-hit, times: 2, within: 1m}, \(Self.notice)")
        run.tick(0, [EngineRun.Cgroup(path: "/g/a", inode: 7, values: [:])])
        run.events = [event(.limitHit, "/g/a", run)]
        run.tick(1, [EngineRun.Cgroup(path: "/g/a", inode: 7, values: [:])])
        run.tick(2, [EngineRun.Cgroup(path: "/g/a", inode: 8, values: [:])])
        run.events = [event(.limitHit, "/g/a", run)]
        run.tick(3, [EngineRun.Cgroup(path: "/g/a", inode: 8, values: [:])])
        #expect(run.acts().isEmpty)
        run.events = [event(.limitHit, "/g/a", run)]
        run.tick(4, [EngineRun.Cgroup(path: "/g/a", inode: 8, values: [:])])
        #expect(run.acts() == ["4 notify /g/a"])
    }

    @Test func heldCgroupsAreLeftAloneAsByAnyRule() throws {
        var facts = TestFacts()
        facts.held = ["/g/a": "held by root"]
        var run = try EngineRun(
            """
            groups: {g: {path: /g/*}}
            rules: [{name: r, on: g, on_event: limit-hit, undo: keep, do: [{set: {pids.max: 5}}]}]

            """, facts: facts)
        run.tick(0, cgroups("/g/a"))
        run.events = [event(.limitHit, "/g/a", run)]
        run.tick(1, cgroups("/g/a"))
        #expect(run.acts().isEmpty)
        #expect(run.states() == ["1 blocked"])
    }

    @Test func explanationNamesTheEvents() throws {
        var run = try run("on_event: {kind: oom-kill, times: 2, within: 1m}, \(Self.notice)")
        run.tick(0, cgroups("/g/a"))
        run.events = [event(.oomKill, "/g/a", run)]
        run.tick(1, cgroups("/g/a"))
        let rule = run.engine.rules(mostIdle: 5).first
        #expect(rule?.when == "2 x event(oom-kill) within 1m")
        #expect(rule?.next == "acts once 2 x event(oom-kill) within 1m is true")
        #expect(rule?.terms.map(\.value) == ["1.000"])
    }

    @Test func wrongTriggersAreRefused() {
        func findings(_ event: String) -> [String] {
            PolicyText.load(
                PolicyText.with(
                    "rules:\n  - {name: r, on: g, on_event: \(event), do: [{log: {}}]}")
            )
            .findings.map(\.error.message)
        }
        #expect(findings("oom-kill").isEmpty)
        #expect(findings("oomkill") == ["unknown event 'oomkill'; did you mean 'oom-kill'?"])
        #expect(findings("action").first?.hasPrefix("unknown event 'action'; ") == true)
        #expect(
            findings("{kind: born, limit: memory.max}")
                == ["an event 'born' has no limit; only limit-hit and changed have one"])
        #expect(
            findings("{kind: changed, limit: memmory.max}")
                == ["unknown limit 'memmory.max'; did you mean 'memory.max'?"])
        #expect(
            findings("{kind: oom, within: 5}") == [
                "within: '5' has no unit; write a time such as 10s"
            ])
        #expect(findings("{times: 2}") == ["on_event needs 'kind'"])
        #expect(findings("[]") == ["on_event needs at least one kind of event"])
    }
}
