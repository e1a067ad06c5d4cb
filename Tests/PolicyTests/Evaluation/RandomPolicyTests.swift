import CgroupModel
import Configuration
import Foundation
import Testing
import TestSupport

@testable import Policy
@testable import PolicyLanguage

/// Row 45: whatever the policy and whatever happens, some things are never done.
@Suite struct RandomPolicyTests {
    /// `POLICY_TICKS` asks for more.
    private static let ticks =
        ProcessInfo.processInfo.environment["POLICY_TICKS"].flatMap { Int($0) } ?? 25_000
    private static let ticksEach = 250
    /// The first seed, to reproduce a failure: `POLICY_SEED`.
    private static let firstSeed =
        ProcessInfo.processInfo.environment["POLICY_SEED"].flatMap { Int($0) } ?? 0
    private static let paths = ["/a", "/a/b", "/a/b/c", "/a/d", "/e", "/spared", "/f", "/f/g"]

    @Test func randomPoliciesViolateNoInvariant() {
        let count = max(1, Self.ticks / Self.ticksEach)
        var disturbances = 0
        for seed in Self.firstSeed..<Self.firstSeed + count {
            var trial = Trial(seed: UInt64(seed))
            trial.run(Self.ticksEach)
            #expect(trial.violations == [], "seed \(seed)")
            if !trial.violations.isEmpty { return }
            disturbances += trial.disturbances
        }
        #expect(disturbances > count)
    }

    private struct Trial {
        var noise: SeededNoise
        var engine: PolicyEngine
        var violations: [String] = []
        var disturbances = 0
        /// Actions not undone yet: values, and frozen cgroups with their deadlines.
        var written: [Effect.Target: Set<LimitKey>] = [:]
        var frozen: [Effect.Target: UInt64] = [:]
        var results: [EffectResult] = []
        var present: [(path: String, inode: UInt64)] = []
        var nextInode: UInt64 = 1
        var counters: [UInt64: UInt64] = [:]
        var now: UInt64 = 1_000_000_000_000

        init(seed: UInt64) {
            noise = SeededNoise(seed: seed)
            var facts = TestFacts()
            facts.protected = ["/spared": "spared"]
            engine = PolicyEngine(
                document: Self.policy(&noise), facts: facts,
                vocabulary: { PolicyVocabulary.metric(named: $0) })
        }

        // MARK: A policy

        private static func policy(_ noise: inout SeededNoise) -> PolicyDocument {
            let position = ConfigPosition(file: "p", line: 1, column: 1)
            var document = PolicyDocument()
            document.defaults.allowsKill = Int.random(in: 0..<4, using: &noise) > 0
            document.budgets.kill = Budgets.Budget(
                Int.random(in: 1...20, using: &noise), per: .seconds(10))
            document.budgets.freeze = Budgets.Budget(
                Int.random(in: 1...20, using: &noise), per: .seconds(10))
            for name in ["x", "y"] {
                var group = CgroupGroup(name: name, position: position)
                let pattern = ["/**", "/a/**", "/*"].randomElement(using: &noise) ?? "/*"
                group.paths = [PathPattern(pattern)].compactMap { $0 }
                group.kind = CgroupGroup.Kind.allCases.randomElement(using: &noise) ?? .any
                document.groups.append(group)
            }
            if Bool.random(using: &noise) {
                document.limits = [
                    StandingLimits(
                        position: position, group: "x",
                        settings: [.limit(LimitKey("pids.max"), .number(500))])
                ]
            }
            for index in 0..<Int.random(in: 1...5, using: &noise) {
                document.rules.append(rule(index, position, &noise))
            }
            return document
        }

        private static func rule(
            _ index: Int, _ position: ConfigPosition, _ noise: inout SeededNoise
        ) -> Rule {
            func seconds(_ range: ClosedRange<Int>) -> Duration {
                .seconds(Int.random(in: range, using: &noise))
            }
            let level = Expression.metric(MetricTerm("pids.current"))
            let windowed = Expression.call(.avg, MetricTerm("pids.current"), .seconds(4))
            let value = Bool.random(using: &noise) ? level : windowed
            let threshold = Double(Int.random(in: 20...90, using: &noise))
            var when = Condition.comparison(value, .greater, .literal(threshold, .count))
            if Int.random(in: 0..<3, using: &noise) == 0 {
                when = .any([when, .increased(MetricTerm("memory.events.oom_kill"), .seconds(3))])
            }
            let until = Condition.comparison(value, .less, .literal(threshold * 0.8, .count))
            var rule = Rule(
                name: "r\(index)", position: position,
                group: Bool.random(using: &noise) ? "x" : "y",
                when: when, until: until)
            rule.holdTime = seconds(0...3)
            rule.clearTime = seconds(0...3)
            rule.cooldown = seconds(0...10)
            rule.longestActive = Bool.random(using: &noise) ? seconds(5...30) : nil
            rule.priority = Int.random(in: -1...1, using: &noise)
            rule.isDryRun = Int.random(in: 0..<6, using: &noise) == 0
            if Bool.random(using: &noise) {
                rule.repetition = Rule.Repetition(every: seconds(1...8), most: nil, while: when)
            }
            let undoings: [Rule.Undoing] = [.restore, .relax(factor: 1.5, every: .seconds(2))]
            rule.undoing = undoings.randomElement(using: &noise) ?? .restore
            if Int.random(in: 0..<4, using: &noise) == 0 {
                rule.scope = .aggregate
                rule.victims = Rule.Victims(by: level, take: 2, leastGain: nil)
            }
            let steps = Int.random(in: 1...3, using: &noise)
            for _ in 0..<steps { rule.actions.append(action(&noise)) }
            return rule
        }

        private static func action(_ noise: inout SeededNoise) -> RuleAction {
            let kinds: [RuleAction.Kind] = [
                .freeze(timeout: .seconds(Int.random(in: 2...20, using: &noise)), onTimeout: .thaw),
                .freeze(timeout: .seconds(Int.random(in: 2...20, using: &noise)), onTimeout: .kill),
                .kill(signal: "KILL", grace: .zero, force: true), .thaw,
                .reclaim(Reclaiming(.bytes(1 << 20))), .notify(sinks: []),
                .set([
                    .limit(
                        LimitKey("pids.max"), .number(UInt64.random(in: 10...90, using: &noise)))
                ]),
                .scale(
                    Scaling(
                        key: LimitKey("memory.high"), factor: 0.5, of: .usage,
                        least: .number(1 << 20), most: nil)),
                .hook(name: "h", waits: true),
            ]
            return RuleAction(
                kinds.randomElement(using: &noise) ?? .thaw,
                continuesOnError: Bool.random(using: &noise))
        }

        // MARK: What happens

        mutating func run(_ ticks: Int) {
            for tick in 0..<ticks {
                step(UInt64(tick))
                if !violations.isEmpty { return }
                if tick == ticks / 2, Int.random(in: 0..<3, using: &noise) == 0 {
                    engine.reload(Self.policy(&noise))
                }
            }
            var output = engine.stop()
            answer(&output, isLast: true)
            let alive = Set(present.map(\.inode))
            for (target, keys) in written
            where !keys.isEmpty && alive.contains(target.cgroup.inode) {
                violations.append("\(target.path) keeps \(keys) after the end")
            }
            for target in frozen.keys where alive.contains(target.cgroup.inode) {
                violations.append("\(target.path) stays frozen after the end")
            }
        }

        private mutating func step(_ tick: UInt64) {
            for path in RandomPolicyTests.paths where Int.random(in: 0..<12, using: &noise) == 0 {
                if let index = present.firstIndex(where: { $0.path == path }) {
                    let (_, inode) = present.remove(at: index)
                    frozen = frozen.filter { $0.key.cgroup.inode != inode }
                    written = written.filter { $0.key.cgroup.inode != inode }
                } else {
                    present.append((path, nextInode))
                    nextInode += 1
                }
            }
            var builder = SnapshotBuilder(metrics: ["pids.current", "cgroup.populated"])
            builder.tick = tick
            for (path, inode) in present {
                counters[inode, default: 0] += Int.random(in: 0..<20, using: &noise) == 0 ? 1 : 0
                let isRead = Int.random(in: 0..<15, using: &noise) > 0
                builder.add(
                    path, inode: inode, generation: inode,
                    [
                        "pids.current": isRead
                            ? Reading(UInt64.random(in: 0...120, using: &noise)) : .malformed,
                        "memory.current": Reading(UInt64.random(in: 0...(1 << 30), using: &noise)),
                        "memory.events.oom_kill": Reading(counters[inode] ?? 0),
                        "cgroup.populated": Reading(
                            Int.random(in: 0..<10, using: &noise) == 0 ? 0 : 1),
                    ])
            }
            let gaps: [UInt64] = [900, 1000, 1000, 1100, 3000]
            now += (gaps.randomElement(using: &noise) ?? 1000) * 1_000_000
            let input = PolicyInput(
                snapshot: builder.build(), time: PolicyInstant(nanoseconds: now), minuteOfDay: 0,
                results: results)
            var output = engine.tick(input)
            answer(&output, isLast: false)
            for (target, deadline) in frozen where now > deadline + 4_000_000_000 {
                violations.append("\(target.path) is frozen beyond its deadline")
            }
        }

        /// Does what is asked, or fails at it, and looks for what must not be.
        private mutating func answer(_ output: inout PolicyOutput, isLast: Bool) {
            results = []
            var disturbed: Set<Effect.Target> = []
            for effect in output.effects where !effect.isDryRun {
                switch effect.kind {
                case .freeze(let deadline):
                    check(effect, &disturbed)
                    if deadline <= .zero { violations.append("a freeze without a deadline") }
                case .kill:
                    check(effect, &disturbed)
                    if !engine.document.defaults.allowsKill { violations.append("a kill") }
                case .reclaim: check(effect, &disturbed)
                case .set(let assignments):
                    if effect.target.path == CgroupPath("/spared") {
                        violations.append("a limit on the spared: \(assignments)")
                    }
                case .thaw:
                    // If it fails, it is asked for again; the end shows whether it succeeded.
                    if frozen[effect.target] != nil { frozen[effect.target] = .max - 4_000_000_000 }
                default: break
                }
                let outcome = outcome(isLast: isLast)
                // A write without effect so far may still take effect.
                let isFreeze = effect.kind.name == "freeze"
                if outcome == .done || isFreeze && outcome.isSuccess { take(effect) }
                if outcome == .gone {
                    frozen[effect.target] = nil
                    written[effect.target] = nil
                }
                results.append(EffectResult(id: effect.id, outcome: outcome))
            }
            for effect in output.effects where effect.isDryRun {
                results.append(EffectResult(id: effect.id, outcome: .done))
            }
            results.shuffle(using: &noise)
        }

        private mutating func check(_ effect: Effect, _ disturbed: inout Set<Effect.Target>) {
            disturbances += 1
            if effect.target.path == CgroupPath("/spared") {
                violations.append("\(effect.kind.name) of the spared")
            }
            if !disturbed.insert(effect.target).inserted {
                violations.append("two disruptive actions on \(effect.target.path) in a tick")
            }
            if !present.contains(where: { $0.inode == effect.target.cgroup.inode }) {
                violations.append("\(effect.kind.name) of one that is gone")
            }
        }

        private mutating func outcome(isLast: Bool) -> EffectResult.Outcome {
            guard !isLast, Int.random(in: 0..<10, using: &noise) == 0 else { return .done }
            return [
                .failed(.init(errno: .busy, "busy")), .failed(.init(errno: .accessDenied, "no")),
                .rolledBack(.init(errno: .invalid, "no")), .vetoed("not now"), .ineffective("x"),
                .skipped, .gone,
            ].randomElement(using: &noise) ?? .done
        }

        private mutating func take(_ effect: Effect) {
            switch effect.kind {
            case .set(let assignments):
                written[effect.target, default: []].formUnion(assignments.map(\.key))
            case .restore(let keys): written[effect.target]?.subtract(keys)
            case .freeze(let deadline):
                // Two rules may want it: the later of their deadlines counts.
                let other = frozen[effect.target].flatMap { $0 < .max / 2 ? $0 : nil } ?? 0
                frozen[effect.target] = max(other, now + deadline.nanoseconds)
            case .thaw: frozen[effect.target] = nil
            default: break
            }
        }
    }
}
