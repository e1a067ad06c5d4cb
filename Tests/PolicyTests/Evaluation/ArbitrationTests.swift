import CgroupModel
import Testing
import TestSupport

@testable import Policy
@testable import PolicyLanguage

/// Arbitration between rules, and the reasons that keep a rule from acting.
@Suite struct ArbitrationTests {
    private static let crowd: [String: Reading] = ["pids.current": Reading(95)]

    private func cgroups(_ paths: [String], _ values: [String: Reading] = crowd)
        -> [EngineRun.Cgroup]
    {
        paths.map { EngineRun.Cgroup(path: $0, values: values) }
    }

    private static func rules(_ rules: [(name: String, priority: Int, action: String)]) -> String {
        "defaults: {allow_kill: true}\ngroups: {g: {path: \"/**\"}}\nrules:\n"
            + rules.map {
                "  - {name: \($0.name), on: g, when: pids.current > 90, until: pids.current < 80, "
                    + "max_active: 10m, priority: \($0.priority), do: [\($0.action)]}\n"
            }.joined()
    }

    private static let freeze = "{freeze: {timeout: 5m}}"
    private static let kill = "{kill: {signal: KILL}}"

    // MARK: Row 29

    @Test func equalPriorityGivesTheStricterValue() throws {
        var run = try EngineRun(
            Self.rules([
                ("a", 0, "{set: {cpu.max: 1cpus}}"), ("b", 0, "{set: {cpu.max: 2cpus}}"),
            ]))
        for time in 0...3 { run.tick(Double(time), cgroups(["/g"])) }
        #expect(run.acts() == ["0 set /g cpu.max=1cpus"])
        #expect(run.notes(.conflict) == ["0 cpu.max becomes 1cpus: rule b requests 2cpus"])
        #expect(run.engine.metrics.conflicts == 1)
    }

    @Test(arguments: [("a", 0), ("a", 1), ("b", 0), ("b", 1)])
    func freezeBeatsThawUnlessTheThawHasPriority(first: String, priority: Int) throws {
        let rules = [("a", priority, Self.freeze), ("b", 0, "thaw")]
        var run = try EngineRun(Self.rules(first == "a" ? rules : rules.reversed()))
        for time in 0...3 { run.tick(Double(time), cgroups(["/g"])) }
        #expect(run.acts() == ["0 freeze /g"])
        var lower = try EngineRun(Self.rules([("a", 0, Self.freeze), ("b", 1, "thaw")]))
        for time in 0...3 { lower.tick(Double(time), cgroups(["/g"])) }
        #expect(lower.acts() == [])
        #expect(lower.states(of: "a") == ["0 blocked"])
    }

    @Test func freezeBeatsKillOfEqualPriority() throws {
        var run = try EngineRun(Self.rules([("a", 0, Self.kill), ("b", 0, Self.freeze)]))
        for time in 0...20 { run.tick(Double(time), cgroups(["/g"])) }
        #expect(run.acts() == ["0 freeze /g"])
        #expect(run.states(of: "a") == ["0 blocked"])
        #expect(run.notes(.conflict) == ["0 b has the same priority and is less disruptive"])
    }

    /// A kill went before a freeze of a higher priority, and killed what that kept frozen.
    @Test func priorityDecidesBetweenFreezeAndKill() throws {
        var run = try EngineRun(Self.rules([("a", 5, Self.freeze), ("b", 0, Self.kill)]))
        for time in 0...20 { run.tick(Double(time), cgroups(["/g"])) }
        #expect(run.acts() == ["0 freeze /g"])
        #expect(run.states(of: "b") == ["0 blocked"])
        var higher = try EngineRun(Self.rules([("a", 0, Self.freeze), ("b", 5, Self.kill)]))
        higher.tick(0, cgroups(["/g"]))
        #expect(higher.acts() == ["0 kill /g"])
        #expect(higher.states(of: "a") == ["0 blocked"])
    }

    @Test func higherPriorityWinsAValue() throws {
        var run = try EngineRun(
            "limits: [{on: g, set: {cpu.max: 4cpus}}]\n"
                + Self.rules([
                    ("a", 0, "{set: {cpu.max: 2cpus}}"), ("b", 7, "{set: {cpu.max: 1cpus}}"),
                ]))
        for time in 0...2 { run.tick(Double(time), cgroups(["/g"])) }
        #expect(run.acts() == ["0 set /g cpu.max=1cpus"])
        let layers = run.engine.layers(of: CgroupPath("/g"))
        #expect(layers.count == 1)
        #expect(layers.first?.winner == .rule("b"))
        #expect(
            layers.first?.requests.map(\.origin) == [
                .rule("b"), .rule("a"), .limits(group: "g", index: 0),
            ])
        #expect(layers.first?.reason == "highest layer")
    }

    // MARK: Budgets, rows 30 and 31

    @Test func budgetLimitsTwoHundredSimultaneousFirings() throws {
        let paths = (0..<200).map { "/g\(1000 + $0)" }
        for (action, first, later) in [(Self.kill, 1, 2), (Self.freeze, 2, 4)] {
            var run = try EngineRun(Self.rules([("r", 0, action)]))
            run.tick(0, cgroups(paths))
            #expect(run.effects.count == first)
            let blocked = paths.filter { run.engine.state(of: "r", on: run.id($0)) == .blocked }
            #expect(blocked.count == 200 - first)
            let vetoes = run.notes(.veto)
            #expect(vetoes.count == 200 - first)
            #expect(vetoes.allSatisfy { $0.contains("budget: ") })
            // Nothing is queued: those that calmed down are not acted on when there is room again.
            for time in 1...20 {
                let calm = cgroups(Array(paths.dropFirst(3)), ["pids.current": Reading(10)])
                run.tick(Double(time), cgroups(Array(paths.prefix(3))) + calm)
            }
            #expect(run.effects.count <= later)
            #expect(run.engine.metrics.budgetHits.contains { $0.count > 0 })
        }
    }

    /// One kill in 15 s, two freezes in 10 s; the first in line acts each time.
    @Test(arguments: [
        (kill, [0, 15, 30]), (freeze, [0, 0, 10, 10, 20, 20, 30, 30]),
    ])
    func defaultBudgetsSpreadActionsOverTime(_ action: String, _ times: [Int]) throws {
        let paths = (0..<200).map { "/g\(1000 + $0)" }
        var run = try EngineRun(Self.rules([("r", 0, action)]))
        for time in 0...31 { run.tick(Double(time), cgroups(paths)) }
        #expect(run.effects.map { Int($0.time) } == times)
        #expect(
            run.effects.map { "\($0.effect.target.path)" } == Array(paths.prefix(times.count)))
        // The reason is reported once for each, and not in every tick.
        let vetoes = run.notes(.veto)
        #expect(vetoes.count == 200 - times.count(where: { $0 == 0 }))
    }

    /// A freeze budget that is exhausted for an hour keeps nothing frozen.
    @Test func thawNeedsNoFreezeBudget() throws {
        let short = "{freeze: {timeout: 5s}}"
        var run = try EngineRun("budgets: {freeze: 2/1h}\n" + Self.rules([("r", 0, short)]))
        for time in 0...2 { run.tick(Double(time), cgroups(["/a", "/b", "/c"])) }
        #expect(run.engine.state(of: "r", on: run.id("/c")) == .blocked)
        run.tick(3, cgroups(["/a"], ["pids.current": Reading(10)]) + cgroups(["/b", "/c"]))
        for time in 4...6 { run.tick(Double(time), cgroups(["/a", "/b", "/c"])) }
        // One has calmed down, the other has reached its timeout.
        #expect(
            run.acts() == ["0 freeze /a", "0 freeze /b", "3 thaw /a", "5 thaw /b"])
    }

    /// A machine has as many standing limits as it has cgroups: each is set at the first tick that
    /// sees the cgroup, while a cgroup has its own budget, and so has what others keep changing.
    @Test func standingLimitsNeedNoWriteBudget() throws {
        var run = try EngineRun(
            """
            budgets: {write: 3/1h, write_per_group: 4/1h}
            groups: {g: {path: "/**"}}
            limits: [{on: g, set: {pids.max: 500}}]
            rules:
              - {name: r, on: g, when: pids.current > 90, until: pids.current < 80,
                 do: [{set: {memory.high: 1GiB}}]}
            """)
        let paths = (0..<1000).map { "/g\(1000 + $0)" }
        run.tick(0, cgroups(paths))
        let standing = run.acts { $0.origin == .limits(group: "g", index: 0) }
        #expect(standing.count == 1000)
        #expect(run.acts { $0.origin == .rule("r") }.count == 3)
        #expect(run.engine.metrics.budgetHits.first { $0.budget == "write" }?.count ?? 0 > 0)
        // Another program changes it, so this is not the first write.
        var fight = try EngineRun(
            """
            budgets: {write: 1/1h, write_per_group: 3/1h}
            groups: {g: {path: "/**"}}
            limits: [{on: g, set: {pids.max: 500}}]
            """)
        for time in 0...9 {
            let value: UInt64 = time == 0 ? 9000 : time % 3 == 0 ? 7000 : 500
            fight.tick(Double(time), cgroups(["/a", "/b"], ["pids.max": Reading(value)]))
        }
        let times = fight.effects.filter { $0.effect.kind.name == "set" }.map { Int($0.time) }
        #expect(times == [0, 0, 3])
    }

    @Test func thawIsNeverLimited() throws {
        var run = try EngineRun(
            "budgets: {freeze: 1000/10s}\n" + Self.rules([("r", 0, Self.freeze)]))
        let paths = (0..<50).map { "/g\(1000 + $0)" }
        run.tick(0, cgroups(paths))
        #expect(run.effects.count == 50)
        run.tick(1, cgroups(paths, ["pids.current": Reading(10)]))
        #expect(run.acts { $0.kind == .thaw }.count == 50)
    }

    @Test func undoIsNeverLimited() throws {
        var run = try EngineRun(
            "budgets: {write: 3/1h}\n" + Self.rules([("r", 0, "{set: {pids.max: 500}}")]))
        let paths = (0..<5).map { "/g\($0)" }
        run.tick(0, cgroups(paths))
        #expect(run.acts().count == 3)
        run.tick(1, cgroups(paths, ["pids.current": Reading(10)]))
        #expect(run.acts { $0.kind.name == "restore" }.count == 3)
    }

    // MARK: What is spared, rows 23 and 24

    @Test func protectedCgroupsAreOnlyReported() throws {
        var facts = TestFacts()
        facts.protected = ["/sshd": "it holds the listening sshd"]
        var run = try EngineRun(
            Self.rules([("r", 0, Self.freeze + ", {notify: {sinks: [journald]}}")]), facts: facts)
        for time in 0...5 { run.tick(Double(time), cgroups(["/session", "/sshd"])) }
        #expect(
            run.acts() == ["0 freeze /session", "0 notify /session", "0 notify /sshd"])
        #expect(run.engine.state(of: "r", on: run.id("/sshd")) == .blocked)
        #expect(run.notes(.veto) == ["0 protected: it holds the listening sshd"])
    }

    @Test func protectedCgroupsKeepTheirLimits() throws {
        var facts = TestFacts()
        facts.protected = ["/a": "it is our own"]
        var run = try EngineRun(
            """
            groups: {g: {path: "/*"}}
            limits: [{on: g, set: {memory.max: 1GiB, cpu.weight: 200}}]
            """, facts: facts)
        let values: [String: Reading] = ["memory.max": .unlimited, "cpu.weight": Reading(100)]
        run.tick(0, cgroups(["/a", "/b"], values))
        #expect(
            run.acts().sorted() == [
                "0 set /a cpu.weight=200", "0 set /b cpu.weight=200", "0 set /b memory.max=1GiB",
            ])
        #expect(run.notes(.veto) == ["0 memory.max: protected: it is our own"])
    }

    @Test func holdLeavesEverythingUnchanged() throws {
        var facts = TestFacts()
        facts.held = ["/g": "bob works on it"]
        var run = try EngineRun(
            "limits: [{on: g, set: {pids.max: 50}}]\n" + Self.rules([("r", 0, Self.freeze)]),
            facts: facts)
        for time in 0...3 { run.tick(Double(time), cgroups(["/g"])) }
        #expect(run.acts() == [])
        #expect(Set(run.notes(.veto).map { $0.dropFirst(2) }).count == 2)
        #expect(run.engine.layers(of: CgroupPath("/g")).first?.reason == "held: bob works on it")
    }

    @Test func cgroupHeldByAGuardIsLeftAlone() throws {
        var run = try EngineRun(
            "limits: [{on: g, set: {memory.max: 1GiB}}]\n" + Self.rules([("r", 0, Self.freeze)]))
        run.tick(0, cgroups(["/g"], ["pids.current": Reading(1), "memory.max": Reading(1 << 30)]))
        run.guarded = [
            run.id("/g"): GuardedCgroup(
                name: "db", isFrozen: true, values: [LimitKey("memory.max")])
        ]
        for time in 1...3 {
            run.tick(
                Double(time),
                cgroups(["/g"], ["pids.current": Reading(95), "memory.max": Reading(2 << 30)]))
        }
        #expect(run.acts() == [])
        #expect(run.notes(.veto) == ["1 superseded: guard db controls it"])
    }

    @Test func descendantsOfAFrozenCgroupAreSkipped() throws {
        var run = try EngineRun(
            "budgets: {freeze: 100/10s}\n" + Self.rules([("r", 0, Self.freeze)]))
        for time in 0...2 { run.tick(Double(time), cgroups(["/a", "/a/b", "/c"])) }
        // Both are asked for in one tick; the outer one comes first.
        #expect(run.acts() == ["0 freeze /a", "0 freeze /c"])
        #expect(run.engine.state(of: "r", on: run.id("/a/b")) == .blocked)
    }

    @Test func cgroupFrozenByAnotherProgramIsLeftAlone() throws {
        var run = try EngineRun(Self.rules([("r", 0, Self.freeze)]))
        run.tick(0, cgroups(["/g"], Self.crowd.merging(["cgroup.frozen": Reading(1)]) { $1 }))
        #expect(run.acts() == [])
        #expect(run.notes(.veto) == ["0 it is frozen by another program"])
    }

    @Test func cgroupWithAHungActionIsLeftAlone() throws {
        var run = try EngineRun(
            Self.rules([("a", 1, "{set: {memory.high: 1GiB}}")])
                + "  - {name: b, on: g, when: pids.current > 90, for: 2s, until: pids.current < 80, "
                + "max_active: 10m, do: [\(Self.freeze)]}\n")
        run.answer = { $0.kind.name == "set" ? .hung : .done }
        for time in 0...5 { run.tick(Double(time), cgroups(["/g", "/h"])) }
        #expect(run.acts() == ["0 set /g memory.high=1GiB", "0 set /h memory.high=1GiB"])
        #expect(run.states(of: "b").suffix(2) == ["2 blocked", "2 blocked"])
    }

    @Test func dryRunRuleChangesNothing() throws {
        var run = try EngineRun(
            Self.rules([("a", 9, "{set: {pids.max: 50}}"), ("b", 0, "{set: {pids.max: 70}}")])
                .replacing("priority: 9", with: "priority: 9, dry_run: true"))
        for time in 0...2 { run.tick(Double(time), cgroups(["/g"])) }
        #expect(run.acts { !$0.isDryRun } == ["0 set /g pids.max=70"])
        #expect(run.acts(\.isDryRun) == ["0 set /g pids.max=50"])
        let own = run.audit.filter { $0.record.origin == .rule("a") }
        #expect(own.count == 3)
        #expect(own.map(\.record.isDryRun).contains(false) == false)
    }

    // MARK: Victims

    /// P6: the largest first, one at a time; given back one by one, the smallest first.
    @Test func victimsAreTakenLargestFirstAndReleasedSmallestFirst() throws {
        var run = try EngineRun(
            """
            groups: {batch: {path: "/batch/*"}}
            rules:
              - {name: park, on: batch, scope: aggregate, when: "memory.current > 1GiB", for: 2s, until: "host.memory.available > 20%host", until_for: 2s, max_active: 10m, cooldown: 2m, victims: {by: memory.current, take: 1, min_gain: 256MiB}, repeat: {every: 20s, max: 3}, do: [{freeze: {timeout: 10m, on_timeout: thaw}}], undo: restore}
            """)
        let sizes: [UInt64] = [300, 900, 100, 600]
        for time in 0...80 {
            run.prepare = { $0.host.memoryAvailable = Reading(time < 60 ? 1 << 30 : 32 << 30) }
            run.tick(
                Double(time),
                sizes.enumerated().map { index, size in
                    .init(
                        path: "/batch/\(index)", values: ["memory.current": Reading(size << 20)])
                })
        }
        #expect(
            run.acts() == [
                "2 freeze /batch/1", "22 freeze /batch/3", "42 freeze /batch/0",
                "62 thaw /batch/0", "67 thaw /batch/3", "72 thaw /batch/1",
            ])
        #expect(run.states(of: "park").suffix(3) == ["60 clearing", "62 relaxing", "72 cooldown"])
    }
}
