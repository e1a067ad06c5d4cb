import CgroupModel
import PolicyLanguage
import Testing

@testable import Policy

/// The rows of a rule and the choice of victims, without the state machine.
@Suite struct RulePartsTests {
    private static let keys =
        "scope: aggregate, max_active: 5m, victims: {by: memory.current, min_gain: 100B}, "
        + "do: [{freeze: {timeout: 1m, on_timeout: thaw}}]"

    private var scene = PartScene(["/a", "/b", "/c"])
    private var matcher: GroupMatcher
    private let rule: RuleRuntime

    init() throws {
        let document = try EngineRun.document(
            """
            groups: {g: {path: "/*"}}
            rules: [{name: r, on: g, when: pids.current > 90, \(Self.keys)}]
            """)
        rule =
            CompiledPolicy(
                document, TestFacts(), vocabulary: { PolicyVocabulary.metric(named: $0) },
                costlyEvery: 1
            ).rules[RuleIndex(0)]
        matcher = GroupMatcher(document.groups)
        let input = try #require(scene.sight.input)
        _ = matcher.match(
            input, rows: scene.sight.rows, facts: scene.sight.facts, listChanged: true)
    }

    private func targets(_ choice: VictimChoice, _ worth: [Double]) -> [Int] {
        var conditions = ScriptedConditions()
        for (row, number) in worth.enumerated() { conditions.numbers[Row(row)] = number }
        return choice.targets(of: rule, .whole, matcher, conditions, scene.sight).map(\.number)
    }

    @Test func bestVictimComesFirstAndTheUnknownIsNone() {
        var choice = VictimChoice()
        choice.grow(to: 3)
        #expect(targets(choice, [200, 300, 99]) == [1, 0])
        #expect(targets(choice, [.unknown, 300, 300]) == [1, 2])
    }

    @Test func victimWithoutEffectRestsForAMinute() {
        var choice = VictimChoice()
        choice.grow(to: 3)
        let now = scene.sight.now
        choice.exclude(Row(1), at: now - 59 * PartScene.second)
        #expect(targets(choice, [200, 300, 0]) == [0])
        choice.exclude(Row(1), at: now - 60 * PartScene.second)
        #expect(targets(choice, [200, 300, 0]) == [1, 0])
        choice.exclude(Row(1), at: now)
        choice.forget(Row(1))
        #expect(targets(choice, [200, 300, 0]) == [1, 0])
    }

    @Test func rowsThatLeftTheGroupAreEvaluatedInPathOrder() {
        var rows = RuleRows()
        rows.take("none", matcher, scene.sight.rows) { _ in true }
        #expect(rows.order.isEmpty && !rows.has(Row(0)))
        rows.take("g", matcher, scene.sight.rows) { _ in true }
        #expect(rows.order.map(\.number) == [0, 1, 2])
        #expect(rows.has(Row(2)) && !rows.has(Row(3)))
        var left = RuleRows()
        left.keep([Row(2), Row(0)], scene.sight.rows)
        #expect(left.order.map(\.number) == [0, 2])
    }
}
