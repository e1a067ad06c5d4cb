import CgroupModel
import Testing
import TestSupport

@testable import Policy
@testable import PolicyLanguage

/// Numbers of several cgroups: what can be added up is, the rest is not.
@Suite struct AggregationTests {
    private func run(_ condition: String, group: String = "\"/g/*\"") throws -> EngineRun {
        try EngineRun(
            """
            groups: {g: {path: \(group)}, h: {path: /h}}
            rules:
              - {name: whole, on: g, scope: aggregate, when: \(condition), cooldown: 1s, do: [log]}
            """)
    }

    /// Whether a condition on the whole holds for two members with these values.
    private func holds(_ condition: String, _ values: [[String: Reading]]) throws -> Bool {
        var run = try run(condition)
        for time in 0...2 {
            run.tick(
                Double(time),
                values.enumerated().map { .init(path: "/g/\($0.offset)", values: $0.element) })
        }
        return run.engine.metrics.states.contains { $0.rule == "whole" }
    }

    @Test func aggregatePressureIsTheHighest() throws {
        let values = [60, 45].map { ["memory.pressure.full.avg10": Reading($0 * 100)] }
        #expect(try !holds("memory.pressure.full.avg10 > 61%", values))
        #expect(try holds("memory.pressure.full.avg10 > 59%", values))
    }

    @Test func aggregateUsageIsTheSum() throws {
        let values = [3, 4].map { ["memory.current": Reading($0 << 30)] }
        #expect(try holds("memory.current > 6GiB", values))
        #expect(try !holds("memory.current > 7GiB", values))
    }

    /// With one that is unlimited all of them together are.
    @Test func aggregateLimitNeedsALimitOfEachCgroup() throws {
        func values(_ second: Reading) -> [[String: Reading]] {
            [
                ["memory.current": Reading(1 << 30), "memory.max": Reading(1 << 30)],
                ["memory.current": Reading(9 << 30), "memory.max": second],
            ]
        }
        #expect(try !holds("memory.current > 90% of memory.max", values(.unlimited)))
        #expect(try holds("memory.current > 90% of memory.max", values(Reading(10 << 30))))
    }

    @Test func aggregateAgeIsTheOldest() throws {
        var run = try run("cgroup.age > 2500ms")
        for time in 0...2 {
            run.tick(
                Double(time), ["/g/a", "/g/b"].map { .init(path: $0, values: [:]) })
        }
        #expect(run.engine.metrics.states.isEmpty)
        run.tick(3, ["/g/a", "/g/b"].map { .init(path: $0, values: [:]) })
        #expect(!run.engine.metrics.states.isEmpty)
    }

    /// A second user logs in, and the rule stays active.
    @Test func otherGroupIsReadAsAnAggregate() throws {
        var run = try EngineRun(
            """
            groups: {g: {path: /g}, users: {path: "/users/*"}}
            rules:
              - name: r
                on: g
                when: 'group("users").memory.current > 5GiB'
                until: 'group("users").memory.current < 1GiB'
                do: [log]
            """)
        for time in 0...3 {
            let users = (0...min(time, 1)).map { index in
                EngineRun.Cgroup(
                    path: "/users/\(index)", values: ["memory.current": Reading(3 << 30)])
            }
            run.tick(Double(time), [.init(path: "/g", values: [:])] + users)
            #expect(run.engine.metrics.states.isEmpty == (time == 0))
        }
    }

    @Test(arguments: ["cpu.limit > 3cpus", "memory.limit > 1GiB", "cpu.weight > 200"])
    func metricUndefinedForSeveralCgroupsIsRefused(condition: String) {
        func findings(_ group: String) -> [String] {
            PolicyText.load(
                """
                apiVersion: cgwarden/v1
                groups: {g: {path: \(group)}}
                rules: [{name: r, on: g, scope: aggregate, when: \(condition), do: [log]}]

                """, mode: .v2
            ).findings.map(\.description)
        }
        #expect(findings("\"/g/*\"").contains { $0.hasSuffix("[no-aggregate]") })
        #expect(!findings("/g").contains { $0.hasSuffix("[no-aggregate]") })
    }

    @Test func everyMetricHasAnAggregation() {
        let byName = Dictionary(
            PolicyVocabulary.all.map { ($0.name, $0.aggregation) }, uniquingKeysWith: { $1 })
        #expect(byName["cpu.pressure.some.total"] == .max)
        #expect(byName["cpu.usage_usec.rate"] == .sum && byName["io.rbytes.rate"] == .sum)
        #expect(byName["memory.max"] == .sumOfAll && byName["pids.max"] == .sumOfAll)
        #expect(byName["cgroup.populated"] == .any)
        #expect(byName["cpu.throttled.ratio"] == .max)
    }

    // MARK: What a rule looks at

    @Test func eachTermOfARuleHasItsValueOrReason() throws {
        var run = try EngineRun(
            """
            groups: {g: {path: /g}}
            rules:
              - {name: r, on: g, when: "pids.current > 90 and memory.current > 90% of memory.max",
                 for: 10s, do: [log]}
              - {name: all, on: g, scope: aggregate, when: pids.current > 5, do: [log]}
            """)
        for time in 0...3 {
            run.tick(
                Double(time),
                [
                    .init(
                        path: "/g",
                        values: [
                            "pids.current": Reading(95), "memory.current": Reading(1 << 30),
                            "memory.max": .unlimited,
                        ])
                ])
        }
        let rules = run.engine.rules(of: CgroupPath("/g"))
        #expect(rules.map(\.rule) == ["all", "r"])
        #expect(rules[0].state == .active && rules[1].state == .idle)
        #expect(rules[1].terms.map(\.term) == ["pids.current", "memory.current", "memory.max"])
        #expect(rules[1].terms[0].value == "95.000")
        #expect(rules[1].terms[2].value.hasPrefix("n/a (no limit is set"))
        #expect(run.engine.rules(of: CgroupPath("/other")) == [])
    }
}
