import CgroupModel
import Foundation
import Testing
import TestSupport

@testable import Policy
@testable import PolicyLanguage

private let highKey = LimitKey("memory.high")
private let maxKey = LimitKey("memory.max")
private let cpusKey = LimitKey("cpuset.cpus")
private let weightKey = LimitKey("cpu.weight")
private let pidsKey = LimitKey("pids.max")
private let allKeys = [highKey, maxKey, cpusKey, weightKey, pidsKey]

/// Guards, limits, pools and rules on the same cgroups, with CPUs that go and come back, cgroups that
/// are empty for a while and writes that are refused: nothing is left at the end, and nobody fights.
@Suite struct RandomFightTests {
    private static let ticks =
        ProcessInfo.processInfo.environment["POLICY_TICKS"].flatMap { Int($0) } ?? 20_000
    private static let ticksEach = 200
    private static let firstSeed =
        ProcessInfo.processInfo.environment["POLICY_SEED"].flatMap { Int($0) } ?? 0

    @Test func randomConflictsEndWithTheOriginals() throws {
        var writes = 0
        for seed in Self.firstSeed..<Self.firstSeed + Swift.max(1, Self.ticks / Self.ticksEach) {
            var trial = try Trial(seed: UInt64(seed))
            trial.run(Self.ticksEach)
            #expect(trial.violations == [], "seed \(seed)")
            if !trial.violations.isEmpty { return }
            writes += trial.writeCount
        }
        #expect(writes > Self.ticks / 50)
    }

    private struct Guarding {
        var bound: UInt64
        var raised: UInt64?
        var below: [LimitKey: LimitValue] = [:]
    }

    /// The kernel's and the journal's state of one cgroup.
    private struct Cgroup {
        let path: String
        let inode: UInt64
        let first: [LimitKey: LimitValue]
        var values: [LimitKey: LimitValue]
        var originals: [LimitKey: LimitValue] = [:]
        var isEmpty = false
        var tasks: UInt64 = 10
        var guarding: Guarding?
        /// When a value was written since the last change from outside.
        var written: [LimitKey: [Int]] = [:]

        var id: CgroupID { CgroupID(inode: inode, generation: inode) }

        mutating func set(_ key: LimitKey, _ value: LimitValue) {
            if originals[key] == nil { originals[key] = values[key] }
            values[key] = value
        }

        /// A guard writes immediately, within the lower layers' values.
        mutating func writeGuarded() {
            guard let guarding else { return }
            let below =
                guarding.below[highKey] ?? originals[highKey] ?? values[highKey] ?? .unlimited
            let bound = LimitValue.number(guarding.bound)
            set(highKey, below.isWider(than: bound) ? bound : below)
            if let raised = guarding.raised { set(maxKey, .number(raised)) }
        }

        mutating func endGuard() {
            guard let guarding else { return }
            for key in [highKey] + (guarding.raised == nil ? [] : [maxKey]) {
                values[key] = guarding.below[key] ?? originals[key] ?? values[key]
            }
            self.guarding = nil
        }

        mutating func note(outside key: LimitKey) { written[key] = [] }
    }

    private struct Trial {
        var noise: SeededNoise
        var engine: PolicyEngine
        var violations: [String] = []
        var writeCount = 0
        private var cgroups: [Cgroup] = []
        private var nextInode: UInt64 = 1
        private var online = Set(0..<4)
        private var results: [EffectResult] = []
        private var late: [(tick: Int, effect: Effect)] = []
        /// At how many ticks something happens once: some trials are restless, some nearly quiet.
        private let pace: Int
        private static let policy = """
            defaults: {cooldown: 20s}
            groups:
              g: {path: "/g/*"}
              a: {path: "/g/a"}
              rest: {path: /rest}
            pools:
              fast: {count: 2, exclusive: true, fallback: skip, others: [rest]}
            limits:
              - {on: g, set: {memory.high: 60MiB, memory.max: 200MiB, cpu.weight: 20, pids.max: 50}}
              - {on: a, set: {cpuset.pool: fast}}
            rules:
              - name: many
                on: g
                when: pids.current > 90
                for: 2s
                until: pids.current < 20
                do: [{set: {pids.max: 30, memory.high: 40MiB}}]
            """

        init(seed: UInt64) throws {
            noise = SeededNoise(seed: seed)
            pace = [1, 4, 20].randomElement(using: &noise) ?? 1
            let document = try EngineRun.document(Self.policy)
            engine = PolicyEngine(
                document: document, facts: TestFacts(),
                vocabulary: { PolicyVocabulary.metric(named: $0) },
                sources: [PoolSource(document, mode: .v2, isLegacy: false)])
        }

        private mutating func chance(_ one: Int) -> Bool {
            Int.random(in: 0..<one, using: &noise) == 0
        }

        mutating func run(_ ticks: Int) {
            for tick in 0..<ticks {
                happen(tick)
                step(tick)
                if !violations.isEmpty { return }
            }
            end()
        }

        /// External changes.
        private mutating func happen(_ tick: Int) {
            for path in ["/g/a", "/g/b", "/rest"] where chance(40 * pace) || tick == 0 {
                if let index = cgroups.firstIndex(where: { $0.path == path }) {
                    cgroups.remove(at: index)
                } else {
                    make(path)
                }
            }
            if chance(30 * pace) {
                let cpu = Int.random(in: 1..<4, using: &noise)
                online.formSymmetricDifference([cpu])
                for index in cgroups.indices { cgroups[index].note(outside: cpusKey) }
            }
            for index in cgroups.indices {
                // Both change what the rule looks at, so that it may set and give back.
                let isTurned = chance(6 * pace)
                let isChanged = chance(15 * pace)
                if isTurned { cgroups[index].isEmpty.toggle() }
                if isChanged { cgroups[index].tasks = UInt64.random(in: 0...120, using: &noise) }
                if isTurned || isChanged {
                    for key in [pidsKey, highKey] { cgroups[index].note(outside: key) }
                }
                guard cgroups[index].path != "/rest", chance(20 * pace) else { continue }
                for key in [highKey, maxKey] { cgroups[index].note(outside: key) }
                if cgroups[index].guarding != nil, chance(2) {
                    cgroups[index].endGuard()
                } else {
                    let mebibytes = UInt64.random(in: 30...300, using: &noise)
                    let isRaised = chance(3)
                    if cgroups[index].guarding?.raised != nil, !isRaised {
                        let below = cgroups[index].guarding?.below[maxKey]
                        cgroups[index].values[maxKey] =
                            below ?? cgroups[index].originals[maxKey] ?? .unlimited
                    }
                    cgroups[index].guarding = Guarding(
                        bound: mebibytes << 20, raised: isRaised ? 300 << 20 : nil,
                        below: engine.valuesBelowGuards(of: cgroups[index].id))
                    cgroups[index].writeGuarded()
                }
            }
        }

        private mutating func make(_ path: String) {
            var values: [LimitKey: LimitValue] = [
                highKey: .unlimited, maxKey: .unlimited, cpusKey: .text(""),
                weightKey: .number(100), pidsKey: .unlimited,
            ]
            if chance(4) { values[highKey] = .number(50 << 20) }
            cgroups.append(
                Cgroup(path: path, inode: nextInode, first: values, values: values))
            nextInode += 1
        }

        private mutating func step(_ tick: Int) {
            var builder = SnapshotBuilder(metrics: ["cgroup.populated", "pids.current"])
            builder.tick = UInt64(tick) + 1
            var guarded: [CgroupID: GuardedCgroup] = [:]
            for cgroup in cgroups.sorted(by: { $0.path < $1.path }) {
                var readings: [String: Reading] = [
                    "cgroup.populated": Reading(cgroup.isEmpty ? 0 : 1),
                    "pids.current": Reading(cgroup.isEmpty ? 0 : cgroup.tasks),
                ]
                for (key, value) in cgroup.values {
                    switch value {
                    case .number(let number): readings[key.name] = Reading(number)
                    case .text(let text):
                        readings[key.name] = Word.intern(text).map { Reading(UInt64($0)) }
                    default: readings[key.name] = .unlimited
                    }
                }
                builder.add(
                    cgroup.path, inode: cgroup.inode, generation: cgroup.inode, readings)
                guard let guarding = cgroup.guarding else { continue }
                guarded[cgroup.id] = GuardedCgroup(
                    name: "db", isFrozen: false,
                    settings: guarding.raised.map { [maxKey: .number($0)] } ?? [:],
                    bounds: [highKey: .number(guarding.bound)])
            }
            let time = UInt64(tick + 1000) * 1_000_000_000
            let output = engine.tick(
                PolicyInput(
                    snapshot: builder.build(), time: PolicyInstant(nanoseconds: time),
                    minuteOfDay: 0,
                    topology: CPUTopology(online.map { .init(id: $0, core: $0, node: 0) }),
                    results: results, guarded: guarded))
            results = []
            for effect in output.effects {
                if chance(10) { late.append((tick + 2, effect)) } else { perform(effect, tick) }
            }
            for (due, effect) in late where due <= tick { perform(effect, tick) }
            late.removeAll { $0.tick <= tick }
            // Guards hear what the layers below want.
            for index in cgroups.indices where cgroups[index].guarding != nil {
                let below = engine.valuesBelowGuards(of: cgroups[index].id)
                cgroups[index].guarding?.below = below
                cgroups[index].writeGuarded()
            }
        }

        private mutating func perform(_ effect: Effect, _ tick: Int, isLast: Bool = false) {
            guard let index = cgroups.firstIndex(where: { $0.id == effect.target.cgroup }) else {
                results.append(EffectResult(id: effect.id, outcome: .gone))
                return
            }
            var outcome = EffectResult.Outcome.done
            var values: [LimitKey: EffectResult.Outcome] = [:]
            switch effect.kind {
            case .set(let assignments):
                let isRefused = !isLast && effect.isTogether && chance(12)
                if isRefused {
                    outcome = .failed(.init(errno: .busy, "busy"))
                    break
                }
                for assignment in assignments {
                    if !isLast, !effect.isTogether, chance(12) {
                        values[assignment.key] = .failed(.init(errno: .busy, "busy"))
                        continue
                    }
                    write(assignment, index, tick)
                }
                if values.count == assignments.count {
                    outcome = .failed(.init(errno: .busy, "busy"))
                } else if !values.isEmpty {
                    outcome = .partial("one was refused")
                }
            case .restore(let keys):
                if !isLast, chance(12) {
                    outcome = .halfway(.init(errno: .busy, "busy"))
                    break
                }
                for key in keys {
                    guard let original = cgroups[index].originals.removeValue(forKey: key) else {
                        continue
                    }
                    cgroups[index].values[key] = original
                    cgroups[index].note(outside: key)
                }
            default: break
            }
            results.append(EffectResult(id: effect.id, outcome: outcome, values: values))
        }

        private mutating func write(_ assignment: LimitAssignment, _ index: Int, _ tick: Int) {
            let (key, value) = (assignment.key, assignment.value)
            guard cgroups[index].values[key] != value else { return }
            cgroups[index].set(key, value)
            writeCount += 1
            var times = (cgroups[index].written[key] ?? []).filter { tick - $0 < 60 }
            times.append(tick)
            cgroups[index].written[key] = times
            if times.count > 2 {
                violations.append("tick \(tick): \(key) of \(cgroups[index].path) at \(times)")
            }
        }

        private mutating func end() {
            for (_, effect) in late { perform(effect, 0) }
            for index in cgroups.indices { cgroups[index].endGuard() }
            for effect in engine.stop().effects { perform(effect, 0, isLast: true) }
            for cgroup in cgroups {
                for key in allKeys where cgroup.values[key] != cgroup.first[key] {
                    violations.append(
                        "\(cgroup.path) keeps \(key) at \(key.text(cgroup.values[key] ?? .unlimited))"
                    )
                }
            }
        }
    }
}
