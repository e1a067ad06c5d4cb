import CgroupModel
import TestSupport
import Testing

@testable import Policy
@testable import PolicyLanguage

/// What the host lacks.
extension RuleTests {
    @Test(arguments: [Requirement.psi, .swap, .systemd])
    func ruleWithAnUnmetRequirementDoesNothing(_ need: Requirement) throws {
        let policy = """
            groups: {g: {path: /g}}
            rules:
              - {name: r, on: g, requires: [\(need.rawValue)], when: pids.current > 90,
                 until: pids.current < 80, cooldown: 1s, do: [{set: {pids.max: 50}}]}
            """
        var facts = TestFacts()
        facts.hasSystemd = need != .systemd
        var run = try EngineRun(policy, facts: facts)
        func tick(_ time: Int, isThere: Bool, _ run: inout EngineRun) {
            run.prepare = { builder in
                builder.host.swapTotal = Reading(isThere ? 1 << 30 : 0)
                if isThere { builder.host.ioPressure = Reading(0) }
            }
            run.tick(Double(time), pids: 95)
        }
        for time in 0...3 { tick(time, isThere: false, &run) }
        #expect(run.acts() == [] && run.states() == [])
        #expect(run.engine.metrics.disabled.map(\.reason) == ["requires \(need.rawValue)"])
        guard need != .systemd else { return }
        for time in 4...5 { tick(time, isThere: true, &run) }
        #expect(run.states() == ["4 active"])
        #expect(run.engine.metrics.disabled.isEmpty)
        // A running effect completes.
        for time in 6...7 { tick(time, isThere: false, &run) }
        run.tick(8, pids: 10)
        #expect(run.acts() == ["4 set /g pids.max=50", "8 restore /g"])
    }

    @Test func missingPressureDisablesRulesThatUseIt() throws {
        let policy = """
            groups: {g: {path: /g}}
            rules:
              - {name: r, on: g, when: host.cpu.pressure.some.avg10 > 20% or pids.current > 90,
                 do: [{log: {level: notice}}]}
            """
        var run = try EngineRun(policy)
        run.tick(0, pids: 95)
        #expect(run.states() == [])
        #expect(run.engine.metrics.disabled.map(\.reason) == ["requires psi"])
    }

    @Test func metricMissingInTheModeDisablesItsRule() throws {
        var facts = TestFacts()
        facts.mode = .v1
        let run = try EngineRun(
            """
            groups: {g: {path: /g}}
            rules: [{name: r, on: g, when: io.pressure.full.avg10 > 4%, do: [{log: {level: notice}}]}]
            """, facts: facts)
        #expect(
            run.engine.metrics.disabled.map(\.reason)
                == ["io.pressure.full.avg10 does not exist on v1"])
    }

    /// A comparison with a lifted limit is false, so the rule never ended.
    @Test func untilRelativeToALimitIsTrueOnceTheLimitIsLifted() throws {
        var run = try EngineRun(
            """
            groups: {g: {path: /g}}
            rules:
              - {name: r, on: g, when: memory.current > 90% of memory.max, do: [{set: {pids.max: 5}}],
                 until: memory.current < 50% of memory.max or not (memory.current > 40% of memory.max)}
            """)
        func tick(_ time: Double, _ max: Reading) {
            run.tick(
                time,
                [.init(path: "/g", values: ["memory.current": Reading(95), "memory.max": max])])
        }
        for time in 0...5 { tick(Double(time), Reading(100)) }
        #expect(run.states() == ["0 active"])
        for time in 6...9 { tick(Double(time), .unlimited) }
        #expect(run.states() == ["0 active", "6 clearing", "6 cooldown"])
    }
}
