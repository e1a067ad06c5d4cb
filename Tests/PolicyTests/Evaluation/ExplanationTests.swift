import CgroupModel
import Testing
import TestSupport

@testable import Policy
@testable import PolicyLanguage

/// The explanation of a rule: its state, since when, and its next step.
@Suite struct ExplanationTests {
    private let path = CgroupPath("/g")

    private static let bomb = """
        groups: {g: {path: /g}, none: {path: /none}}
        rules:
          - name: r
            on: g
            when: pids.current > 90 and (memory.current > 1GiB or cpu.usage_usec.rate > 2cpus)
            until: pids.current < 50
            for: 3s
            until_for: 2s
            cooldown: 5s
            max_active: 30s
            do: [{freeze: {timeout: 20s}}]
          - {name: far, on: none, when: pids.current > 5, do: [log]}
        """

    private func tick(_ run: inout EngineRun, _ time: Double, pids: UInt64, memory: UInt64) {
        run.tick(
            time,
            [
                .init(
                    path: "/g",
                    values: [
                        "pids.current": Reading(pids), "memory.current": Reading(memory << 30),
                    ])
            ])
    }

    /// An idle rule said nothing of what it waits for, and only `explain` had any of it.
    @Test func eachStateHasItsAgeAndNextStep() throws {
        var run = try EngineRun(Self.bomb)
        tick(&run, 0, pids: 10, memory: 0)
        tick(&run, 1, pids: 10, memory: 0)
        func now() -> RuleExplanation? { run.engine.rules(of: path).first }
        #expect(now()?.state == .idle)
        #expect(
            now()?.next == "acts once pids.current > 90 and (memory.current > 1GiB or "
                + "rate(cpu.usage_usec.rate, 5s) > 2cpus) is true for 3s"
                || now()?.next.hasPrefix("acts once pids.current > 90 and (memory.current > ")
                    == true,
            "\(now()?.next ?? "")")
        #expect(now()?.actions == ["freeze"])
        // Conditions that are already true are not named.
        tick(&run, 2, pids: 10, memory: 2)
        #expect(now()?.next == "acts once pids.current > 90 is true for 3s")
        tick(&run, 3, pids: 95, memory: 2)
        tick(&run, 4, pids: 95, memory: 2)
        #expect(now()?.state == .pending && now()?.seconds == 1)
        #expect(now()?.next.hasPrefix("acts in 2 s if ") == true, "\(now()?.next ?? "")")
        for time in 5...7 { tick(&run, Double(time), pids: 95, memory: 2) }
        #expect(now()?.state == .active && now()?.seconds == 1)
        #expect(
            now()?.next == "ends once pids.current < 50 is true for 2s, in 29 s at the latest")
        #expect(now()?.terms.map(\.term) == ["pids.current"])
        tick(&run, 8, pids: 10, memory: 2)
        #expect(now()?.state == .clearing)
        #expect(now()?.next.hasPrefix("ends in 2 s if pids.current < 50 stays true") == true)
        for time in 9...11 { tick(&run, Double(time), pids: 10, memory: 2) }
        #expect(now()?.state == .cooldown && now()?.next == "pauses for 4 s")
        #expect(now()?.cgroup == path)
    }

    @Test func emptyAndDisabledRulesAreReported() throws {
        var run = try EngineRun(
            Self.bomb + """

                  - {name: old, on: g, when: pids.current > 5, do: [log], requires: [v1]}
                """)
        tick(&run, 0, pids: 10, memory: 0)
        let all = run.engine.rules(mostIdle: 1)
        #expect(all.map(\.rule) == ["r", "far", "old"])
        #expect(all[1].state == nil)
        #expect(all[1].next == "acts on no cgroup: group none has no populated cgroups")
        #expect(all[2].reason == "it requires v1" && all[2].next == "does not apply on this host")
        #expect(run.engine.rules(of: path).map(\.rule) == ["old", "r"])
    }

    @Test func manyIdleCgroupsAreRepresentedByExamples() throws {
        var run = try EngineRun(
            """
            groups: {g: {path: "/g/*"}}
            rules: [{name: r, on: g, when: pids.current > 5, do: [log]}]
            """)
        run.tick(
            0,
            (0..<50).map {
                .init(path: "/g/\($0)", values: ["pids.current": Reading($0 == 9 ? 9 : 1)])
            })
        let shown = run.engine.rules(mostIdle: 2)
        #expect(shown.count == 3)
        #expect(shown.filter { $0.state != .idle }.map(\.cgroup) == [CgroupPath("/g/9")])
    }

    @Test func blockedRuleNamesItsObstacle() throws {
        var facts = TestFacts()
        facts.held["/g"] = "anna, 1h"
        var run = try EngineRun(
            """
            groups: {g: {path: /g}}
            rules:
              - {name: r, on: g, when: pids.current > 5, max_active: 1m, until: pids.current < 2,
                 do: [{freeze: {timeout: 20s}}]}
            """, facts: facts)
        run.tick(0, pids: 9)
        let rule = try #require(run.engine.rules(of: path).first)
        #expect(rule.state == .blocked && rule.reason == "held: anna, 1h")
        #expect(rule.next == "acts once it is no longer blocked")
    }

    // MARK: Numbers that are none

    @Test func missingNumberHasItsReason() throws {
        var run = try EngineRun(
            """
            groups: {g: {path: /g}, none: {path: /none}}
            rules:
              - name: r
                on: g
                do: [log]
                when: >-
                  memory.current > 90% of memory.max or memory.high > 1GiB or pids.current > 5
                  or group("none").memory.current > 1GiB
                  or pids.max > 5
            """)
        for time in 0...1 {
            run.tick(
                Double(time),
                [
                    .init(
                        path: "/g",
                        values: [
                            "memory.max": .unlimited, "memory.high": .notPermitted,
                            "memory.current": Reading(5), "pids.max": .absent,
                            "pids.current": .malformed,
                        ])
                ])
        }
        let values = Dictionary(
            uniqueKeysWithValues: run.engine.rules(of: path)[0].terms.map { ($0.term, $0.value) })
        #expect(values["memory.max"] == "n/a (no limit is set)")
        #expect(values["memory.high"] == "unknown (the file may not be read)")
        #expect(values["pids.current"] == "unknown (the file is malformed)")
        #expect(values["pids.max"]?.hasPrefix("n/a (no such file: this kernel lacks it") == true)
        #expect(values[#"group("none").memory.current"#] == "n/a (no cgroup is in the group)")
        // The audit log keeps the bare words.
        let told = run.audit.flatMap { $0.record.cause?.evidence ?? [] }.map(\.value)
        #expect(!told.contains { $0.contains("(no ") })
    }

    /// On v1 an I/O rule saw 0 until a throttle existed on the disk, and never fired.
    @Test(arguments: [true, false])
    func uncountedIOOnV1IsMissing(isCounted: Bool) throws {
        var facts = TestFacts()
        facts.mode = .v1
        facts.seesLegacyIORoot = true
        var run = try EngineRun(
            """
            groups: {g: {path: /g}}
            rules: [{name: r, on: g, when: io.wbytes.rate > 1MiB/s, do: [log]}]
            """, facts: facts)
        for time in 0...6 {
            run.prepare = { builder in
                builder.add("/", inode: 1, generation: 1)
                if isCounted {
                    builder.instance("io.wbytes", InstanceKey(major: 8, minor: 0), 5)
                }
            }
            run.tick(Double(time), pids: 1)
        }
        let term = try #require(run.engine.rules(of: path).first?.terms.first)
        #expect(
            term.value
                == (isCounted
                    ? "0.000B/s"
                    : "n/a (v1 counts I/O on a disk only once some cgroup has an I/O limit on it)"))
    }

    /// It was in B, as if it were not a rate.
    @Test func slopeHasTheUnitOfARate() throws {
        var run = try EngineRun(
            """
            groups: {g: {path: /g}}
            rules: [{name: r, on: g, when: "slope(memory.current, 3s) > 1MiB/s", do: [log]}]
            """)
        for time in 0...4 { tick(&run, Double(time), pids: 1, memory: UInt64(time)) }
        let value = run.engine.rules(of: path).first?.terms.first?.value
        #expect(value == "1073741824.000B/s")
    }

    // MARK: Failures

    /// The rest of the chain was left undone, `notify` included, and `status` said "active".
    @Test func failedHookIsShownAndTheRuleStaysActive() throws {
        var run = try EngineRun(
            """
            groups: {g: {path: /g}}
            hooks: {page: {exec: [/bin/false]}}
            rules:
              - {name: r, on: g, when: pids.current > 5, repeat: {every: 1s},
                 do: [{hook: page}, {notify: {}}]}
            """)
        run.answer = { effect in
            if case .hook = effect.kind {
                return .failed(.init("the hook page: it exited with status 1"))
            }
            return .done
        }
        for time in 0...9 { run.tick(Double(time), pids: 9) }
        let hooks = run.effects.filter { $0.effect.kind.name == "hook" }
        #expect(hooks.count > 5 && hooks.allSatisfy { $0.effect.continuesOnError })
        let rule = try #require(run.engine.rules(of: path).first)
        #expect(rule.state == .active)
        #expect(rule.failure == "hook: the hook page: it exited with status 1")
    }
}
