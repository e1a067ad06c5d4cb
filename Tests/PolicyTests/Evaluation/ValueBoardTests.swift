import CgroupModel
import PolicyLanguage
import Testing

@testable import Policy

/// What becomes of requests for values.
@Suite struct ValueBoardTests {
    private static let key = LimitKey("pids.max")
    private static let row = Row(0)

    /// A board with what it writes, and the answers that it gets.
    private struct Bench {
        var scene: PartScene
        var board = ValueBoard(reaction: .reapply)
        var gate: Gate
        private(set) var effects: [Effect] = []

        init(_ paths: [String] = ["/a", "/b"], facts: TestFacts = TestFacts()) {
            scene = PartScene(paths, facts: facts)
            gate = Gate(Budgets(), allowsKill: true)
            board.grow(to: paths.count)
            gate.grow(to: paths.count)
        }

        mutating func request(
            _ number: UInt64, _ layer: Layer, _ origin: Effect.Origin, _ row: Row = row,
            priority: Int = 0
        ) {
            board.request(
                ManagedValue.Request(
                    layer: layer, priority: priority, origin: origin, value: .number(number),
                    cause: Cause("x")), of: key, row)
        }

        /// What is written now, in order.
        mutating func write() -> [String] {
            for widening in [true, false] {
                board.reconcile(
                    widening: widening, scene.sight, &gate, &scene.outbox, &scene.trail)
            }
            effects = scene.outbox.take()
            return effects.filter { $0.kind.changesCgroup }.map {
                "\($0.kind.name) \($0.target.path) \($0.kind.text ?? "")"
            }
        }

        /// Answers what was written last.
        mutating func answer(_ outcome: EffectResult.Outcome) {
            for effect in effects {
                let result = EffectResult(id: effect.id, outcome: outcome)
                switch effect.kind {
                case .set(let assignments):
                    board.takeSet(
                        assignments, result, effect, row, scene.sight, &scene.outbox,
                        &scene.trail)
                case .restore(let keys):
                    board.takeRestore(
                        keys, result, effect, row, scene.sight, &scene.outbox, &scene.trail)
                default: break
                }
            }
        }

        /// Shows what the kernel has at a second, and lets the board compare.
        mutating func see(_ number: UInt64, at second: UInt64) {
            scene.show([("/a", ["pids.max": Reading(number)]), ("/b", [:])], at: second)
            board.noticeDrift(0..., scene.sight, &scene.outbox, &scene.trail)
        }
    }

    private static let limits = Effect.Origin.limits(group: "g", index: 0)

    @Test func highestLayerWinsAndFallsBackToTheNext() {
        var bench = Bench()
        bench.request(50, .limits, Self.limits)
        bench.request(20, .rules, .rule("r"))
        #expect(bench.write() == ["set /a pids.max=20"])
        bench.answer(.done)
        #expect(bench.write() == [])
        bench.board.withdraw(Self.row) { $0 == .rule("r") }
        #expect(bench.write() == ["set /a pids.max=50"])
        bench.answer(.done)
        bench.board.withdraw { $0 == Self.limits }
        #expect(bench.write() == ["restore /a pids.max"])
        bench.answer(.done)
        #expect(bench.write() == [])
        #expect(bench.board.keysToRestore(Self.row, isDryRun: false) == [])
    }

    @Test func stricterOfEqualRequestsWinsAndTheConflictIsReportedOnce() {
        var bench = Bench()
        bench.request(50, .rules, .rule("a"))
        bench.request(20, .rules, .rule("b"))
        #expect(bench.write() == ["set /a pids.max=20"])
        bench.answer(.done)
        bench.request(50, .rules, .rule("a"))
        _ = bench.write()
        #expect(
            bench.scene.told().filter { $0.hasPrefix("conflict") }
                == ["conflict pids.max becomes 20: rule a requests 50"])
        bench.request(50, .rules, .rule("a"), priority: 1)
        #expect(bench.write() == ["set /a pids.max=50"])
    }

    @Test func wideningWritesGoOutermostFirstAndNarrowingOnesInnermostFirst() {
        var bench = Bench(["/a", "/a/x"])
        bench.scene.show(
            [("/a", ["pids.max": Reading(10)]), ("/a/x", ["pids.max": Reading(10)])], at: 101)
        for row in [Row(0), Row(1)] { bench.request(20, .limits, Self.limits, row) }
        #expect(bench.write() == ["set /a pids.max=20", "set /a/x pids.max=20"])
        var taking = Bench(["/a", "/a/x"])
        for row in [Row(0), Row(1)] { taking.request(20, .limits, Self.limits, row) }
        #expect(taking.write() == ["set /a/x pids.max=20", "set /a pids.max=20"])
    }

    @Test func busyValueIsRetriedAfterOneTwoAndFourSeconds() {
        var bench = Bench()
        bench.request(50, .limits, Self.limits)
        var tries: [UInt64] = []
        for second in UInt64(100)...412 {
            bench.scene.show([("/a", [:]), ("/b", [:])], at: second)
            guard bench.write() != [] else { continue }
            tries.append(second)
            bench.answer(.failed(EffectResult.Failure("busy")))
        }
        #expect(tries == [100, 101, 103, 107, 407, 408, 410])
        #expect(bench.board.failing(Self.row).map(\.reason) == ["busy"])
        #expect(bench.board.isRetrying(Self.row, Self.limits))
    }

    @Test func changeByAnotherProgramIsOverwrittenThreeTimesThenGivenUp() {
        var bench = Bench()
        bench.request(50, .limits, Self.limits)
        _ = bench.write()
        bench.answer(.done)
        var written = 0
        for second in UInt64(101)...120 {
            bench.see(50, at: 2 * second)
            bench.see(99, at: 2 * second + 1)
            if bench.write() != [] {
                written += 1
                bench.answer(.done)
            }
        }
        #expect(written == 3)
        #expect(bench.scene.trail.count(of: .drift) == 4)
        #expect(bench.board.kept(Self.row).isEmpty)
    }

    @Test func heldOrProtectedCgroupIsUnchangedAndReportedOnce() {
        var facts = TestFacts()
        facts.held = ["/a": "anna"]
        var bench = Bench(facts: facts)
        bench.request(50, .limits, Self.limits)
        for _ in 0..<3 { #expect(bench.write() == []) }
        #expect(bench.scene.told() == ["veto pids.max: held: anna"])
        #expect(
            bench.board.explanations(Self.row, bench.scene.sight).map(\.reason) == ["held: anna"])
        facts.held = [:]
        bench.scene.sight.facts = facts
        #expect(bench.write() == ["set /a pids.max=50"])
    }

    @Test func nothingIsWrittenWhereAnEffectHangs() {
        var bench = Bench()
        bench.request(50, .limits, Self.limits)
        bench.gate.hang(Self.row, on: 77)
        #expect(bench.write() == [])
        bench.gate.release(Self.row, from: 77)
        #expect(bench.write() == ["set /a pids.max=50"])
    }

    @Test func guardsValueOverridesAllLayersAndIsNotWrittenByTheEngine() {
        var bench = Bench()
        bench.request(50, .rules, .rule("r"))
        let id = bench.scene.sight.target(Self.row).cgroup
        bench.scene.sight.input?.guarded = [
            id: GuardedCgroup(name: "g", isFrozen: false, settings: [Self.key: .number(70)])
        ]
        bench.board.takeGuards(bench.scene.sight)
        #expect(bench.write() == [])
        #expect(bench.board.kept(Self.row).map(\.origin) == [.guarding("g")])
        #expect(bench.board.belowGuards(Self.row) == [Self.key: .number(50)])
        bench.scene.sight.input?.guarded = [:]
        bench.board.takeGuards(bench.scene.sight)
        #expect(bench.write() == ["set /a pids.max=50"])
    }

    @Test func aStepBackEndsAtTheValueBelow() {
        var bench = Bench()
        bench.request(50, .limits, Self.limits)
        bench.request(10, .rules, .rule("r"))
        _ = bench.write()
        bench.answer(.done)
        func widen(_ bench: inout Bench) -> Bool {
            bench.board.widen(
                Self.row, .rule("r"), by: 3, usage: nil, Cause("x"), bench.scene.sight)
        }
        let isLeft = widen(&bench)
        #expect(isLeft)
        #expect(bench.write() == ["set /a pids.max=30"])
        bench.answer(.done)
        let isStillLeft = widen(&bench)
        #expect(!isStillLeft)
        #expect(bench.write() == ["set /a pids.max=50"])
    }

    @Test func nothingIsLeftOfACgroupThatIsGone() {
        var bench = Bench()
        bench.request(50, .limits, Self.limits)
        _ = bench.write()
        bench.board.forget(Self.row)
        #expect(bench.board.keysToRestore(Self.row, isDryRun: false).isEmpty)
        #expect(bench.write() == [])
    }
}
