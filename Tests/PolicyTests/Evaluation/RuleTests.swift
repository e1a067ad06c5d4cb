import CgroupModel
import Testing
import TestSupport

@testable import Policy
@testable import PolicyLanguage

/// Rules over time: undo, repetition, flapping.
@Suite struct RuleTests {
    private static let freezing = """
        groups: {g: {path: "/g*"}}
        rules:
          - {name: r, on: g, when: pids.current > 90, until: pids.current < 80, cooldown: 10s,
             max_active: 30s, do: [{freeze: {timeout: 20s}}, {notify: {sinks: [journald]}}]}
        """

    @Test func ruleFreezesAndThaws() throws {
        var run = try EngineRun(Self.freezing)
        for time in 0...5 { run.tick(Double(time), pids: time < 3 ? 95 : 10) }
        #expect(run.acts() == ["0 freeze /g", "0 notify /g", "3 thaw /g"])
        #expect(run.states() == ["0 active", "3 clearing", "3 cooldown"])
        let freeze = try #require(run.effects.first?.effect)
        #expect(freeze.kind == .freeze(deadline: .seconds(20)))
        #expect(freeze.cause.text == "pids.current > 90")
        #expect(freeze.cause.evidence == [Cause.Evidence(term: "pids.current", value: "95.000")])
    }

    /// The counter has microseconds.
    @Test func growthOfATimeIsShownInSeconds() throws {
        var run = try EngineRun(
            """
            groups: {g: {path: "/g*"}}
            rules:
              - {name: r, on: g, when: "increased(cpu.throttled_usec, 2s)", cooldown: 1s,
                 do: [{log: {level: notice}}]}
            """)
        for time in 0...2 {
            run.tick(
                Double(time),
                [
                    EngineRun.Cgroup(
                        path: "/g",
                        values: ["cpu.throttled_usec": Reading(UInt64(time / 2) * 1_500_000)])
                ])
        }
        let cause = try #require(run.effects.first?.effect.cause)
        #expect(cause.evidence.map(\.value) == ["1.500s"])
    }

    @Test func aFreezeEndsWithoutSamples() throws {
        var run = try EngineRun(Self.freezing)
        for time in 0...19 { run.tick(Double(time), pids: time == 0 ? 95 : nil) }
        #expect(run.acts { $0.kind == .thaw } == [])
        for time in 20...22 { run.tick(Double(time), pids: nil) }
        #expect(run.acts { $0.kind == .thaw } == ["20 thaw /g"])
        #expect(run.states().last == "20 cooldown")
    }

    @Test func maxActiveEndsARule() throws {
        var run = try EngineRun(
            """
            groups: {g: {path: /g}}
            rules:
              - {name: r, on: g, when: pids.current > 90, until: pids.current < 80, cooldown: 5s,
                 max_active: 10s, do: [{set: {pids.max: 50}}]}
            """)
        for time in 0...12 { run.tick(Double(time), pids: 95) }
        #expect(run.states() == ["0 active", "10 cooldown"])
        #expect(run.acts() == ["0 set /g pids.max=50", "10 restore /g"])
    }

    /// P1: squeezed by halves down to the floor, given back by steps, then the original.
    @Test func ruleLowersALimitAndRelaxesInSteps() throws {
        var run = try EngineRun(
            """
            groups: {g: {path: /g}}
            rules:
              - name: r
                on: g
                when: host.cpu.pressure.some.avg10 > 20% and avg(cpu.usage_usec.rate, 10s) > 1.5cpus
                for: 10s
                until: host.cpu.pressure.some.avg10 < 10%
                until_for: 30s
                repeat: {every: 15s, max: 3, while: host.cpu.pressure.some.avg10 > 20%}
                do: [{scale: {attr: cpu.max, factor: 0.5, of: usage, min: 0.5cpus, max: 4cpus}}]
                undo: {relax: {factor: 1.5, every: 15s}}
            """)
        var used = 0.0
        var cap = 4.0
        for time in 0...250 {
            let pressure: UInt64 = time < 90 ? 3000 : 500
            run.prepare = { $0.host.cpuPressure = Reading(pressure) }
            used += min(3.2, cap) * 1e6
            let output = run.tick(
                Double(time),
                [
                    EngineRun.Cgroup(
                        path: "/g",
                        values: [
                            "cpu.usage_usec": Reading(UInt64(used)), "cpu.max": .unlimited,
                            "cpu.max.period": Reading(100_000),
                        ])
                ])
            for effect in output.effects {
                if case .set(let assignments) = effect.kind {
                    cap = Double(assignments[0].value.number ?? 0) / 1e6
                } else {
                    cap = 4
                }
            }
        }
        // The average is known at 8 s.
        #expect(
            run.acts() == [
                "18 set /g cpu.max=1.6cpus", "33 set /g cpu.max=0.8cpus",
                "48 set /g cpu.max=0.5cpus", "120 set /g cpu.max=0.75cpus",
                "135 set /g cpu.max=1.125cpus", "150 set /g cpu.max=1.6875cpus",
                "165 set /g cpu.max=2.53125cpus", "180 restore /g",
            ])
        #expect(run.states().suffix(3) == ["120 relaxing", "180 cooldown", "210 idle"])
    }

    @Test func ineffectiveRepetitionStops() throws {
        var run = try EngineRun(
            """
            groups: {g: {path: /g}}
            rules:
              - {name: r, on: g, when: memory.current > 10MiB, until: memory.current < 5MiB,
                 repeat: {every: 10s}, do: [{scale: {attr: memory.high, factor: 0.5, of: usage}}]}
            """)
        for time in 0...60 {
            run.tick(
                Double(time),
                [EngineRun.Cgroup(path: "/g", values: ["memory.current": Reading(100 << 20)])])
        }
        let useless = run.audit.filter {
            if case .ineffective = $0.record.outcome { true } else { false }
        }
        #expect(useless.map(\.time) == [20])
        #expect(run.acts() == ["0 set /g memory.high=50MiB"])
    }

    @Test func undoKeepLeavesTheValue() throws {
        var run = try EngineRun(
            """
            groups: {g: {path: /g}}
            rules:
              - {name: r, on: g, when: pids.current > 90, until: pids.current < 80, cooldown: 1s,
                 do: [{set: {pids.max: 200}}], undo: keep}
            """)
        for time in 0...9 { run.tick(Double(time), pids: time < 3 ? 95 : 10) }
        #expect(run.acts() == ["0 set /g pids.max=200"])
        #expect(run.engine.layers(of: CgroupPath("/g")).first?.wanted == .number(200))
        let stop = run.engine.stop()
        #expect(stop.effects.map(\.kind) == [.restore([LimitKey("pids.max")])])
    }

    /// F1: what goes to and fro holds longer, at most eight times, and calms down in quiet times.
    @Test func flappingRuleStaysActiveLonger() throws {
        var run = try EngineRun(
            """
            groups: {g: {path: /g}}
            rules:
              - {name: r, on: g, when: pids.current > 90, until: pids.current < 80, until_for: 2s,
                 cooldown: 1s, do: [{set: {pids.max: 500}}]}
            """)
        var holds: [Int] = []
        var cleared: Int?
        for time in 0...140 {
            let state = run.engine.state(of: "r", on: run.id("/g"))
            run.tick(Double(time), pids: state == .active || state == .clearing ? 10 : 95)
            switch run.engine.state(of: "r", on: run.id("/g")) {
            case .clearing where cleared == nil: cleared = time
            case .cooldown:
                if let since = cleared { holds.append(time - since) }
                cleared = nil
            default: break
            }
        }
        #expect(holds.prefix(7) == [2, 2, 2, 4, 8, 16, 16])
        for time in 141...400 { run.tick(Double(time), pids: 10) }
        run.tick(401, pids: 95)
        for time in 402...404 { run.tick(Double(time), pids: 10) }
        #expect(run.states().suffix(3) == ["401 active", "402 clearing", "404 cooldown"])
    }

    @Test(arguments: [(false, 3), (true, 3)])
    func ruleIsSuspendedAfterThreeFailures(isIneffective: Bool, count: Int) throws {
        var run = try EngineRun(
            """
            defaults: {allow_kill: true}
            groups: {g: {path: /g}}
            rules:
              - {name: r, on: g, when: pids.current > 90, until: pids.current < 80, cooldown: 1s,
                 repeat: {every: 20s}, do: [{kill: {signal: KILL, grace: 1s}}]}
            """)
        run.answer = { effect in
            guard case .kill = effect.kind else { return .done }
            return isIneffective
                ? .ineffective("still populated")
                : .failed(.init(errno: .notPermitted, "not permitted"))
        }
        for time in 0...380 { run.tick(Double(time), pids: 95) }
        #expect(run.states().prefix(3) == ["0 active", "41 suspended", "341 idle"])
        #expect(run.acts { $0.kind.name == "kill" }.prefix(3).count == count)
        #expect(run.acts { $0.kind.name == "notify" } == ["41 notify /g"])
    }

    @Test func invalidPlanSuspendsImmediately() throws {
        var run = try EngineRun(
            """
            groups: {g: {path: /g}}
            rules:
              - {name: r, on: g, when: pids.current > 90, until: pids.current < 80,
                 do: [{set: {pids.max: 500}}]}
            """)
        run.answer = { _ in .rolledBack(.init(errno: .invalid, "the kernel refuses it")) }
        for time in 0...400 { run.tick(Double(time), pids: 95) }
        #expect(run.states().prefix(3) == ["0 active", "1 suspended", "301 idle"])
    }

    /// A second disruptive step waits for the first, and does not follow a failure.
    @Test func oneDisruptiveStepPerTick() throws {
        let policy = """
            groups: {g: {path: /g}}
            rules:
              - {name: r, on: g, when: pids.current > 90, until: pids.current < 80,
                 max_active: 60s, do: [{freeze: {timeout: 60s}}, {reclaim: {bytes: 1GiB}}, {log: {level: notice}}]}
            """
        var run = try EngineRun(policy)
        for time in 0...2 { run.tick(Double(time), pids: 95) }
        #expect(run.acts() == ["0 freeze /g", "1 reclaim /g", "1 log /g"])
        #expect(Set(run.effects.map(\.effect.chain)).count == 1)
        var failing = try EngineRun(policy)
        failing.answer = { _ in .vetoed("a member holds a lock") }
        for time in 0...2 { failing.tick(Double(time), pids: 95) }
        #expect(failing.acts() == ["0 freeze /g"])
        #expect(failing.states() == ["0 active", "1 cooldown"])
    }

    /// Row 38: a long sleep of the machine drops what was pending, and ends a freeze.
    @Test func suspendOfTheHostDropsPendingRulesAndEndsAFreeze() throws {
        var run = try EngineRun(Self.freezing.replacing("until:", with: "for: 5s, until:"))
        for time in [0, 1, 2, 3602, 3603] { run.tick(Double(time), pids: 95) }
        #expect(run.states() == ["0 pending", "3602 idle", "3603 pending"])
        for time in 3604...3608 { run.tick(Double(time), pids: 95) }
        #expect(run.acts { $0.kind.name == "freeze" } == ["3608 freeze /g"])
        run.tick(7208, pids: 95)
        #expect(run.acts { $0.kind == .thaw } == ["7208 thaw /g"])
    }

    /// Row 6: a sample that is older than the one before is not looked at.
    @Test func staleSampleIsIgnored() throws {
        var run = try EngineRun(Self.freezing)
        run.tick(5, pids: 10)
        run.tick(4, pids: 95)
        #expect(run.acts() == [])
        #expect(run.engine.metrics.ignoredSamples == 1)
    }

    @Test func groupThawedByAUserIsNotFrozenAgain() throws {
        var run = try EngineRun(Self.freezing)
        for time in 0...8 {
            let frozen: UInt64 = (1...3).contains(time) ? 1 : 0
            run.tick(
                Double(time),
                [
                    EngineRun.Cgroup(
                        path: "/g",
                        values: ["pids.current": Reading(95), "cgroup.frozen": Reading(frozen)])
                ])
        }
        #expect(run.states() == ["0 active", "4 cooldown"])
        #expect(run.notes(.drift) == ["4 thawed by another program: left thawed"])
        #expect(run.acts { $0.kind == .thaw } == [])
    }

    /// The OOM killer takes the last process, and the default `populated: true` the cgroup out of the
    /// group, in the same tick.
    @Test func killOfTheLastProcessIsSeen() throws {
        var run = try EngineRun(
            """
            groups: {g: {path: "/g*"}}
            rules:
              - {name: r, on: g, when: "increased(memory.events.oom_kill, 5s)", cooldown: 1s,
                 do: [{log: {level: notice}}]}
            """)
        func tick(_ time: Double, _ kills: [UInt64], isEmpty: Bool) {
            let cgroups = zip(["/g1", "/g2"], kills).map { path, kills in
                // The second one was never a member.
                EngineRun.Cgroup(
                    path: path,
                    values: [
                        "memory.events.oom_kill": Reading(kills),
                        "cgroup.populated": Reading(isEmpty || path == "/g2" ? 0 : 1),
                    ])
            }
            run.tick(time, cgroups)
        }
        tick(0, [0, 0], isEmpty: false)
        tick(1, [0, 5], isEmpty: false)
        tick(2, [1, 5], isEmpty: true)
        #expect(run.acts() == ["2 log /g1"])
        #expect(run.states().first == "2 active")
        // A rule on the group as a whole counts it, too.
        let matcher = run.engine.matcher
        #expect(matcher.watched(of: "g") == [0] && matcher.members(of: "g").isEmpty)
        // It is no longer a member.
        for time in 3...9 { tick(Double(time), [UInt64(time), 9], isEmpty: true) }
        #expect(run.states().filter { $0.hasSuffix("active") } == ["2 active"])
        #expect(run.acts() == ["2 log /g1"])
        #expect(run.engine.matcher.watched(of: "g").isEmpty)
    }

    /// A frozen cgroup that empties is thawed, because it would freeze new processes.
    @Test func emptyFrozenCgroupIsThawed() throws {
        var run = try EngineRun(Self.freezing)
        run.tick(0, pids: 95)
        run.tick(
            1, [EngineRun.Cgroup(path: "/g", values: ["cgroup.populated": Reading(0)])])
        #expect(run.acts { $0.kind == .thaw } == ["1 thaw /g"])
        #expect(run.states() == ["0 active", "1 cooldown"])
    }

    /// Rows 9 and 10: a cgroup that is gone takes its state with it; the same path is another one.
    @Test func recreatedCgroupDoesNotInheritState() throws {
        var run = try EngineRun(Self.freezing)
        run.answer = { $0.target.path == CgroupPath("/g1") ? .gone : .done }
        let crowd = ["pids.current": Reading(95)]
        run.tick(0, [.init(path: "/g1", values: crowd), .init(path: "/g2", values: crowd)])
        run.tick(1, [.init(path: "/g2", values: crowd)])
        #expect(run.states().last == "1 gone")
        #expect(run.engine.state(of: "r", on: run.id("/g2")) == .active)
        run.tick(2, [.init(path: "/g1", inode: 77, values: ["pids.current": Reading(10)])])
        #expect(run.engine.state(of: "r", on: run.id("/g1")) == .idle)
        #expect(run.acts { $0.kind == .thaw && $0.target.path == CgroupPath("/g1") } == [])
    }

    /// Row 8: what a window cannot tell yet is unknown, and starts nothing.
    @Test func newCgroupIsIdleUntilItsWindowIsFull() throws {
        var run = try EngineRun(
            """
            groups: {g: {path: /g}}
            rules: [{name: r, on: g, when: "rate(cpu.usage_usec.rate, 5s) > 0.5cpus", do: [{log: {level: notice}}]}]
            """)
        for time in 0...5 {
            run.tick(
                Double(time),
                [.init(path: "/g", values: ["cpu.usage_usec": Reading(UInt64(time) * 1_000_000)])])
        }
        // Three samples are two of five seconds; with the fifth it is known to be a whole CPU.
        #expect(run.states() == ["4 active"])
    }

    /// Row 38: rules know nothing of the wall clock, which `during` follows.
    @Test func wallClockStepDoesNotAffectTimers() throws {
        func states(_ shift: (Int) -> Int) throws -> (rules: [String], weights: [String]) {
            var run = try EngineRun(
                """
                groups: {g: {path: /g}}
                limits: [{on: g, during: "02:00-03:00", set: {cpu.weight: 10}}]
                rules:
                  - {name: r, on: g, when: pids.current > 90, for: 5s, until: pids.current < 80,
                     cooldown: 10s, max_active: 30s, do: [{freeze: {timeout: 20s}}]}
                """)
            for time in 0...40 {
                let hours = shift(time)
                run.prepare = { $0.wallShift = Int64(hours) * 3_600_000_000 }
                run.minute = (90 + hours * 60 + 1440) % 1440
                run.tick(
                    Double(time),
                    [
                        .init(
                            path: "/g",
                            values: [
                                "pids.current": Reading(95), "cpu.weight": Reading(100),
                            ])
                    ])
            }
            return (
                run.states() + run.acts { $0.kind.name != "set" && $0.kind.name != "restore" },
                run.acts { $0.kind.name == "set" || $0.kind.name == "restore" }
            )
        }
        let steady = try states { _ in 0 }
        #expect(steady.rules.contains("5 freeze /g") && steady.rules.contains("25 thaw /g"))
        #expect(steady.weights == [])
        // Set back by an hour, and forward as in spring.
        let back = try states { $0 < 8 ? 0 : -1 }
        #expect(back.rules == steady.rules && back.weights == [])
        let spring = try states { $0 < 8 ? 0 : 1 }
        #expect(spring.rules == steady.rules)
        #expect(spring.weights == ["8 set /g cpu.weight=10"])
    }
}
