import CgroupModel
import PolicyLanguage
import Testing

@testable import Policy

/// The state machine of rules, with conditions that a test decides.
@Suite struct RuleBoardTests {
    /// Two cgroups and the rules of a policy; `when` and `until` are about pids.current.
    private struct Bench {
        static let when = "pids.current > 90"
        static let until = "pids.current < 80"
        static let rule = RuleIndex(0)
        static let row = Row(0)

        var scene = PartScene()
        var board: RuleBoard
        var conditions = ScriptedConditions()
        private var matcher: GroupMatcher
        private var second: UInt64 = 100

        init(_ keys: String) throws {
            let document = try EngineRun.document(
                """
                defaults: {allow_kill: true}
                groups: {g: {path: "/*"}}
                rules: [{name: r, on: g, when: \(Self.when), until: \(Self.until), \(keys)}]
                """)
            board =
                CompiledPolicy(
                    document, TestFacts(), vocabulary: { PolicyVocabulary.metric(named: $0) },
                    costlyEvery: 1
                ).rules
            matcher = GroupMatcher(document.groups)
            board.grow(to: 2)
            let input = try #require(scene.sight.input)
            _ = matcher.match(
                input, rows: scene.sight.rows, facts: scene.sight.facts, listChanged: true)
            _ = board.order(Self.rule, matcher, scene.sight.rows)
        }

        /// Looks at the first cgroup a second later; what follows, with the state.
        mutating func look(
            _ when: Truth, _ until: Truth = .no, awaitsKill: Bool = false
        ) -> String {
            second += 1
            scene.show([("/a", [:]), ("/b", [:])], at: second)
            conditions.truths = [Self.when: when, Self.until: until]
            let step = board.step(
                Self.rule, Self.row, scene.sight, conditions, awaitsKill: awaitsKill,
                &scene.trail)
            let follows: String? =
                switch step {
                case .act(let isRepeat): isRepeat ? "repeat" : "act"
                case .undo(let ending): ending.atOnce ? "undo at once" : "undo"
                case .stepBack: "step back"
                case nil: nil
                }
            let state = board.state(Self.rule, Self.row).text
            return [state, follows].compactMap { $0 }.joined(separator: ", ")
        }

        mutating func begin(isRepeat: Bool = false) {
            _ = board.begin(
                Candidate(rule: Self.rule, row: Self.row, isRepeat: isRepeat), [Self.row],
                scene.sight, conditions, &scene.trail)
        }

        mutating func end() {
            board.endFiring(Self.rule, Self.row, at: scene.sight.now)
            board.move(
                Self.rule, Self.row, to: .cooldown, scene.sight, conditions, &scene.trail)
        }
    }

    private static let log = "do: [{log: {level: notice}}]"

    @Test func aRuleActsOnceItsConditionHeldForTheTime() throws {
        var bench = try Bench("for: 2s, " + Self.log)
        #expect(bench.look(.no) == "idle")
        #expect(bench.look(.yes) == "pending")
        #expect(bench.look(.yes) == "pending")
        #expect(bench.look(.yes) == "pending, act")
        bench.begin()
        #expect(bench.board.state(RuleIndex(0), Row(0)) == .active)
        #expect(bench.board.instance(RuleIndex(0), Row(0))?.targets == [Row(0)])
        #expect(bench.scene.told() == ["state idle -> pending", "state pending -> active"])
    }

    @Test func timeWithAnUnknownConditionDoesNotCount() throws {
        var bench = try Bench("for: 2s, " + Self.log)
        for truth in [Truth.yes, .yes, .unknown, .unknown] {
            #expect(bench.look(truth) == "pending")
        }
        #expect(bench.look(.yes) == "pending, act")
        var forgotten = try Bench("for: 2s, " + Self.log)
        _ = forgotten.look(.yes)
        for _ in 0..<3 { #expect(forgotten.look(.unknown) == "pending") }
        #expect(forgotten.look(.unknown) == "idle")
    }

    @Test func blockedRuleIsCheckedAgainAtEachTick() throws {
        var bench = try Bench(Self.log)
        #expect(bench.look(.yes) == "idle, act")
        let candidate = Candidate(rule: RuleIndex(0), row: Row(0))
        func block(_ bench: inout Bench) -> Bool {
            bench.board.block(
                candidate, "held: anna", nil, bench.scene.sight, bench.conditions,
                &bench.scene.trail)
        }
        let isNews = block(&bench)
        #expect(isNews)
        #expect(bench.look(.yes) == "blocked, act")
        let isNewsAgain = block(&bench)
        #expect(!isNewsAgain)
        #expect(
            bench.scene.told() == ["state idle -> blocked: held: anna", "veto held: anna"])
        #expect(bench.look(.no) == "idle")
    }

    @Test func theEndHasToHoldForItsTime() throws {
        var bench = try Bench("until_for: 2s, " + Self.log)
        #expect(bench.look(.yes) == "idle, act")
        bench.begin()
        #expect(bench.look(.no, .yes) == "clearing")
        #expect(bench.look(.no, .yes) == "clearing")
        #expect(bench.look(.no, .no) == "active")
        #expect(bench.look(.no, .yes) == "clearing")
        #expect(bench.look(.no, .unknown) == "clearing")
        #expect(bench.look(.no, .yes) == "clearing")
        #expect(bench.look(.no, .yes) == "clearing, undo")
    }

    @Test func theLongestTimeEndsARuleUnlessItWaitsForItsKill() throws {
        var bench = try Bench("max_active: 3s, do: [{freeze: {timeout: 3s, on_timeout: kill}}]")
        #expect(bench.look(.yes) == "idle, act")
        bench.begin()
        for _ in 0..<2 { #expect(bench.look(.yes) == "active") }
        #expect(bench.look(.yes, awaitsKill: true) == "active")
        #expect(bench.look(.yes) == "active, undo at once")
    }

    @Test func aRepetitionIsDueAfterItsTimeAndEnds() throws {
        var bench = try Bench("repeat: {every: 2s, max: 1}, " + Self.log)
        _ = bench.look(.yes)
        bench.begin()
        #expect(bench.look(.yes) == "active")
        #expect(bench.look(.yes) == "active, repeat")
        bench.begin(isRepeat: true)
        for _ in 0..<4 { #expect(bench.look(.yes) == "active") }
    }

    @Test func aRuleRestsAfterItActed() throws {
        var bench = try Bench("cooldown: 3s, " + Self.log)
        _ = bench.look(.yes)
        bench.begin()
        bench.end()
        for _ in 0..<2 { #expect(bench.look(.yes) == "cooldown") }
        #expect(bench.look(.yes) == "idle")
        #expect(bench.look(.yes) == "idle, act")
    }

    /// The third firing in ten minutes holds twice as long, the next one four times.
    @Test func aRuleThatGoesToAndFroHoldsLonger() throws {
        var bench = try Bench("cooldown: 0s, " + Self.log)
        var growth: [UInt64] = []
        for _ in 0..<4 {
            while bench.look(.yes) != "idle, act" {}
            bench.begin()
            bench.end()
            growth.append(bench.board.instance(RuleIndex(0), Row(0))?.growth ?? 0)
        }
        #expect(growth == [1, 1, 2, 4])
    }

    // MARK: Results

    private func effect(_ kind: Effect.Kind = .thaw) -> Effect {
        Effect(
            id: 1, origin: .rule("r"),
            target: Effect.Target(
                path: CgroupPath("/a"), cgroup: CgroupID(inode: 1, generation: 1)), kind: kind,
            chain: 1, cause: Cause("x"))
    }

    private func verdicts(
        _ outcomes: [EffectResult.Outcome], _ kind: Effect.Kind = .thaw, isRetried: Bool = false
    ) throws -> [RuleRuntime.Verdict?] {
        var bench = try Bench(Self.log)
        _ = bench.look(.yes)
        bench.begin()
        return outcomes.map {
            bench.board.judge(
                RuleIndex(0), Row(0), EffectResult(id: 1, outcome: $0), of: effect(kind),
                isRetried: isRetried)
        }
    }

    @Test func threeFailuresInARowSuspendARule() throws {
        let failed = EffectResult.Outcome.failed(EffectResult.Failure("it broke"))
        #expect(
            try verdicts([failed, failed, .done, failed, failed, failed])
                == [nil, nil, nil, nil, nil, .suspend("failed three times: it broke")])
        let useless = EffectResult.Outcome.ineffective("it was empty")
        #expect(
            try verdicts([useless, useless, useless])
                == [nil, nil, .suspend("no effect three times: it was empty")])
    }

    @Test func aWriteThatIsTriedAgainByItselfIsNoFailureOfTheRule() throws {
        let failed = EffectResult.Outcome.failed(EffectResult.Failure("busy"))
        let outcomes = Array(repeating: failed, count: 4)
        #expect(try verdicts(outcomes, .set([]), isRetried: true) == [nil, nil, nil, nil])
        #expect(try verdicts(outcomes, .set([]))[2] == .suspend("failed three times: busy"))
    }

    @Test func vetoStartsTheCooldownAndAVetoedFreezeDoublesIt() throws {
        #expect(try verdicts([.vetoed("no")]) == [.rest("no", cooldownFactor: 1)])
        #expect(
            try verdicts([.vetoed("no")], .freeze(deadline: .seconds(1)))
                == [.rest("no", cooldownFactor: 2)])
    }

    @Test func suspensionsGetLongerUpToAnHour() throws {
        var bench = try Bench(Self.log)
        _ = bench.look(.yes)
        bench.begin()
        let minutes = (0..<6).map { _ in
            bench.board.suspend(
                RuleIndex(0), Row(0), "x", bench.scene.sight, bench.conditions,
                &bench.scene.trail)
        }
        #expect(minutes == [5, 10, 20, 40, 60, 60])
    }

    @Test func newCgroupInAReusedRowHasNoState() throws {
        var bench = try Bench("for: 2s, " + Self.log)
        _ = bench.look(.yes)
        bench.board.forget(Row(0), bench.scene.sight, &bench.scene.trail)
        #expect(bench.scene.told().last == "state pending -> gone")
        #expect(bench.board.instance(RuleIndex(0), Row(0)) == nil)
        #expect(bench.board.state(RuleIndex(0), Row(0)) == .idle)
    }
}
