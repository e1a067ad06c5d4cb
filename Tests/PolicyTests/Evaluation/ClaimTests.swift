import CgroupModel
import Testing
import TestSupport

@testable import Policy
@testable import PolicyLanguage

/// The claims of a policy on a cgroup, and its inactive parts.
@Suite struct ClaimTests {
    private let path = CgroupPath("/g")

    private func run(
        _ policy: String, defaults: String = "", facts: TestFacts = TestFacts(), pids: UInt64 = 1
    ) throws -> EngineRun {
        var run = try EngineRun(
            "defaults: {\(defaults)}\ngroups: {g: {path: /g}, other: {path: /other}}\n" + policy,
            facts: facts)
        for time in 0...2 { tick(&run, Double(time), pids: pids) }
        return run
    }

    private func tick(_ run: inout EngineRun, _ time: Double, pids: UInt64) {
        run.tick(
            time,
            ["/g", "/other"].map {
                EngineRun.Cgroup(path: $0, values: ["pids.current": Reading(pids)])
            })
    }

    @Test func requestedValueIsClaimed() throws {
        let limits = "limits: [{on: g, set: {pids.max: 50, cpu.weight: 10}}]\n"
        let engine = try run(limits).engine
        #expect(
            engine.claims(on: path)
                == ["cpu.weight", "pids.max"].map {
                    PolicyClaim(
                        .value(LimitKey($0)), by: .limits(group: "g", index: 0),
                        reaction: .reapply)
                })
        #expect(engine.claims(on: CgroupPath("/other")).isEmpty)
        #expect(engine.claims(on: CgroupPath("/none")).isEmpty)
        let reporting = try run(limits, defaults: "drift: report").engine
        #expect(reporting.claims(on: path).map(\.reaction) == [.report, .report])
    }

    @Test func ruleClaimsWhileActiveAndAFreezeUntilItEnds() throws {
        let rules = """
            rules:
              - {name: r, on: g, when: pids.current > 5, until: pids.current < 5,
                do: [{set: {cpu.weight: 10}}]}
              - {name: f, on: g, when: pids.current > 5, until: pids.current < 5,
                max_active: 5m, do: [{freeze: {timeout: 60s}}]}
            """
        #expect(try run(rules).engine.claims(on: path).isEmpty)
        #expect(
            try run(rules, pids: 9).engine.claims(on: path) == [
                PolicyClaim(.value(LimitKey("cpu.weight")), by: .rule("r"), reaction: .reapply),
                PolicyClaim(.frozen, by: .rule("f"), reaction: nil),
            ])
    }

    @Test func nothingIsClaimedInADryRunOrOnHold() throws {
        let limits = "limits: [{on: g, set: {pids.max: 50}}]\n"
        #expect(try run(limits, defaults: "dry_run: true").engine.claims(on: path).isEmpty)
        var facts = TestFacts()
        facts.held = ["/g": "bob works on it"]
        #expect(try run(limits, facts: facts).engine.claims(on: path).isEmpty)
    }

    @Test func guardClaimsItsValues() throws {
        var run = try run("limits: [{on: g, set: {memory.max: 1GiB}}]\n")
        run.guarded = [
            run.id("/g"): GuardedCgroup(
                name: "db", isFrozen: true, values: [LimitKey("memory.max")])
        ]
        tick(&run, 3, pids: 1)
        #expect(
            run.engine.claims(on: path) == [
                PolicyClaim(
                    .value(LimitKey("memory.max")), by: .guarding("db"), reaction: .reapply),
                PolicyClaim(.frozen, by: .guarding("db"), reaction: nil),
            ])
    }

    @Test func inactivePartsAreListedWithTheirReason() throws {
        let engine = try run(
            """
            limits:
              - {on: g, set: {pids.max: 50}}
              - {on: g, set: {cpu.weight: 10}, when: host.load > 5}
              - {on: g, set: {cpu.weight: 20}, during: "22:00-06:00"}
              - {on: other, set: {cpu.weight: 30}, when: host.load > 5}
            rules:
              - {name: r, on: g, when: pids.current > 5, do: [{set: {memory.high: 1GiB}}]}
              - {name: n, on: g, when: pids.current == 1, for: 1h, do: [{notify: {}}]}
              - {name: o, on: other, when: pids.current > 5, do: [{notify: {}}]}
            """
        ).engine
        // Minute 0 is midnight, so the third holds.
        let parts = engine.inactive(on: path)
        #expect(
            parts.map(\.origin) == [
                .limits(group: "g", index: 1)
            ])
        #expect(parts.map(\.actions) == [["set cpu.weight=10"]])
        #expect(parts[0].reason.hasPrefix("host.load > 5 "), "\(parts[0].reason)")
        let rules = engine.rules(of: path)
        #expect(rules.map(\.rule) == ["n", "r"])
        #expect(rules[1].actions == ["set memory.high=1GiB"])
        #expect(rules[1].next == "acts once pids.current > 5 is true")
        #expect(rules[1].terms.map(\.value) == ["1.000"])
        #expect(rules[0].next.hasSuffix(" if pids.current == 1 stays true"))
        #expect(engine.sees(path) && !engine.sees(CgroupPath("/none")))
    }

    @Test func limitOutsideItsHoursReportsThat() throws {
        var run = try run("limits: [{on: g, set: {cpu.weight: 20}, during: \"22:00-06:00\"}]\n")
        #expect(run.engine.inactive(on: path).isEmpty)
        run.minute = 12 * 60
        tick(&run, 3, pids: 1)
        #expect(run.engine.inactive(on: path).map(\.reason) == ["it is outside 22:00-06:00"])
    }
}
