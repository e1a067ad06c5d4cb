import CgroupModel
import PolicyLanguage
import TestSupport
import Testing

@testable import Policy

/// Which standing limits hold and what they request, with a condition that a test decides.
@Suite struct LimitBoardTests {
    /// Two cgroups, and limits of the first.
    private struct Bench {
        static let when = "host.load > 20"
        static let until = "host.load < 15"
        static let row = Row(0)

        var scene = PartScene()
        var board: LimitBoard
        private var values = ValueBoard(reaction: .reapply)
        private var gate = Gate(Budgets(), allowsKill: true)
        private var matcher: GroupMatcher
        private var second: UInt64 = 100

        init(pids: Int = 50) throws {
            let document = try EngineRun.document(
                """
                groups: {g: {path: /a}}
                limits:
                  - {on: g, set: {pids.max: \(pids)}, when: \(Self.when), until: \(Self.until),
                     until_for: 0s}
                """)
            board =
                CompiledPolicy(
                    document, TestFacts(), vocabulary: { PolicyVocabulary.metric(named: $0) },
                    costlyEvery: 1
                ).limits
            matcher = GroupMatcher(document.groups)
            values.grow(to: 2)
            gate.grow(to: 2)
        }

        /// Takes a tick a second later; what is sent.
        mutating func tick(_ when: Truth, _ until: Truth = .no) throws -> [String] {
            second += 1
            scene.show([("/a", [:]), ("/b", [:])], at: second)
            let input = try #require(scene.sight.input)
            let isChanged = matcher.match(
                input, rows: scene.sight.rows, facts: scene.sight.facts, listChanged: false)
            let conditions = ScriptedConditions(truths: [Self.when: when, Self.until: until])
            board.take(
                scene.sight, conditions, matcher, membersChanged: isChanged, &values)
            values.reconcile(
                widening: false, scene.sight, &gate, &scene.outbox, &scene.trail)
            return scene.sent()
        }

        /// Whether the limits would take the first cgroup if no snapshot had it.
        var takesIt: Bool {
            !board.indices(taking: scene.entry(Self.row), Self.row, matcher, scene.sight).isEmpty
        }
    }

    @Test func valuesAreRequestedOnceWhileTheConditionHolds() throws {
        var bench = try Bench()
        #expect(try bench.tick(.no) == [])
        #expect(bench.board.holding == [false])
        #expect(try bench.tick(.yes) == ["set /a pids.max=50"])
        #expect(bench.board.holding == [true])
        #expect(try bench.tick(.unknown) == [])
        #expect(bench.board.holding == [true])
        #expect(try bench.tick(.no, .yes) == [])
        #expect(bench.board.holding == [false])
    }

    @Test func cgroupIsTakenAgainOnlyAfterItWasForgotten() throws {
        var bench = try Bench()
        _ = try bench.tick(.no)
        #expect(!bench.takesIt)
        _ = try bench.tick(.yes)
        #expect(!bench.takesIt)
        bench.board.forget(Bench.row)
        #expect(bench.takesIt)
    }

    @Test(arguments: [50, 60])
    func onlyEqualLimitsKeepTheirStateInAnotherPolicy(pids: Int) throws {
        var old = try Bench()
        _ = try old.tick(.yes)
        var new = try Bench(pids: pids)
        new.board.keepStates(of: old.board)
        #expect(new.board.holding == [pids == 50])
    }
}
