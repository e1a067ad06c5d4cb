import PolicyLanguage
import Testing

@testable import Policy

/// Steps that wait for effects.
@Suite struct ChainRunnerTests {
    private static let freeze = RuleAction(.freeze(timeout: .seconds(60), onTimeout: .thaw))
    private static let reclaim = RuleAction(.reclaim(Reclaiming(.bytes(1))))
    private static let log = RuleAction(.log(.notice))

    private func chain(_ actions: [RuleAction], row: Int = 0, rule: Int = 0) -> Chain {
        Chain(
            rule: RuleIndex(rule), row: Row(row), number: 1, cause: Cause("x"), actions: actions)
    }

    /// Does what need not wait; the actions that were done, with effects from a number on.
    private func run(
        _ chain: Chain, _ runner: inout ChainRunner, from first: Effect.ID = 1
    ) -> [Int] {
        var chain = chain
        var done: [Int] = []
        while let step = runner.nextStep(of: &chain) {
            chain.did(step, first + UInt64(done.count))
            done.append(step.action)
        }
        return done
    }

    @Test func aSecondDisruptiveStepWaitsForTheFirst() {
        var runner = ChainRunner()
        let done = run(chain([Self.freeze, Self.log, Self.reclaim, Self.log]), &runner)
        #expect(done == [0, 1])
        #expect(runner.takeReady().isEmpty)
        // The log is not what it waits for.
        runner.ended(2, goesOn: true)
        #expect(runner.takeReady().isEmpty)
        runner.ended(1, goesOn: true)
        let rest = runner.takeReady()
        #expect(rest.count == 1 && rest[0].steps.map(\.action) == [2, 3])
        let last = run(rest[0], &runner, from: 5)
        #expect(last == [2, 3])
        #expect(runner.takeReady().isEmpty)
    }

    @Test func aFailureEndsTheChain() {
        var runner = ChainRunner()
        _ = run(chain([Self.freeze, Self.reclaim]), &runner)
        runner.ended(1, goesOn: false)
        runner.ended(1, goesOn: true)
        #expect(runner.takeReady().isEmpty)
    }

    /// It was frozen already, so there is nothing to wait for.
    @Test func nothingWaitsForAStepThatHadNothingToDo() {
        var runner = ChainRunner()
        var chain = chain([Self.freeze, Self.reclaim])
        let first = runner.nextStep(of: &chain)
        if let first { chain.did(first, nil) }
        let second = runner.nextStep(of: &chain)
        #expect(second?.action == 1)
    }

    @Test func chainsEndWithTheirRuleOnTheirCgroup() {
        var runner = ChainRunner()
        let both = [Self.freeze, Self.reclaim]
        _ = run(chain(both, row: 0, rule: 0), &runner, from: 1)
        _ = run(chain(both, row: 1, rule: 0), &runner, from: 11)
        _ = run(chain(both, row: 1, rule: 1), &runner, from: 21)
        _ = run(chain(both, row: 2, rule: 1), &runner, from: 31)
        runner.end(RuleIndex(0), Row(1))
        runner.forget(Row(2))
        for effect: Effect.ID in [1, 11, 21, 31] { runner.ended(effect, goesOn: true) }
        #expect(
            runner.takeReady().map { [$0.rule.number, $0.row.number] } == [[0, 0], [1, 1]])
    }

    @Test func chainsFollowTheirRulesIntoAnotherPolicy() {
        var runner = ChainRunner()
        let both = [Self.freeze, Self.reclaim]
        _ = run(chain(both, rule: 0), &runner, from: 1)
        _ = run(chain(both, rule: 1), &runner, from: 11)
        runner.renumber([RuleIndex(1): RuleIndex(0)])
        for effect: Effect.ID in [1, 11] { runner.ended(effect, goesOn: true) }
        let ready = runner.takeReady()
        #expect(ready.map(\.rule) == [RuleIndex(0)])
        #expect(ready[0].steps.map(\.action) == [1])
    }
}
