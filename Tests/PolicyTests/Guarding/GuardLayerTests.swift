import CgroupModel
import Testing
import TestSupport

@testable import Policy
@testable import PolicyLanguage

/// The values of OOM guards beside those of the other layers.
@Suite struct GuardLayerTests {
    private static let mebibyte: UInt64 = 1 << 20
    private static let high = LimitKey("memory.high")

    private func policy(_ values: String) -> String {
        "groups: {g: {path: /g}}\nlimits: [{on: g, set: {\(values)}}]"
    }

    private func cgroup(high: UInt64?, max: UInt64? = 200) -> EngineRun.Cgroup {
        func reading(_ mebibytes: UInt64?) -> Reading {
            mebibytes.map { Reading($0 * Self.mebibyte) } ?? .unlimited
        }
        return .init(
            path: "/g", values: ["memory.high": reading(high), "memory.max": reading(max)])
    }

    private func bounding(_ run: EngineRun, at mebibytes: UInt64) -> [CgroupID: GuardedCgroup] {
        [
            run.id("/g"): GuardedCgroup(
                name: "db", isFrozen: false,
                bounds: [Self.high: .number(mebibytes * Self.mebibyte)])
        ]
    }

    private func wanted(_ run: EngineRun) -> UInt64? {
        run.engine.layers(of: CgroupPath("/g")).first { $0.key == Self.high }?.wanted?.number.map {
            $0 / Self.mebibyte
        }
    }

    @Test func stricterStandingLimitAppliesUnderAGuard() throws {
        var run = try EngineRun(policy("memory.high: 60MiB, memory.max: 200MiB"))
        run.tick(0, [cgroup(high: nil, max: nil)])
        for time in 1...30 {
            run.guarded = bounding(run, at: 180)
            run.tick(Double(time), [cgroup(high: 60)])
        }
        #expect(wanted(run) == 60)
        #expect(run.notes(.drift) == [])
        #expect(run.acts { $0.kind.name == "set" }.count == 1)
        let below = run.engine.valuesBelowGuards(of: run.id("/g"))
        #expect(below[Self.high] == .number(60 * Self.mebibyte))
    }

    @Test func guardsLimitAppliesIfTheStandingLimitIsHigher() throws {
        var run = try EngineRun(policy("memory.high: 190MiB"))
        run.tick(0, [cgroup(high: nil)])
        run.guarded = bounding(run, at: 180)
        for time in 1...5 { run.tick(Double(time), [cgroup(high: 180)]) }
        #expect(wanted(run) == 180)
        // After a raise the limit counts again.
        run.guarded = bounding(run, at: 285)
        for time in 6...9 { run.tick(Double(time), [cgroup(high: 190)]) }
        #expect(wanted(run) == 190)
        #expect(run.notes(.drift) == [])
        #expect(run.acts { $0.kind.name == "set" } == ["0 set /g memory.high=190MiB"])
    }

    @Test func valueLeftByAGuardReturnsToTheLayerBelow() throws {
        var run = try EngineRun(policy("memory.high: 60MiB"))
        run.tick(0, [cgroup(high: 60)])
        run.guarded = bounding(run, at: 50)
        for time in 1...3 { run.tick(Double(time), [cgroup(high: 50)]) }
        run.guarded = [:]
        run.tick(4, [cgroup(high: 50)])
        run.tick(5, [cgroup(high: 60)])
        #expect(run.acts { $0.kind.name == "set" } == ["4 set /g memory.high=60MiB"])
    }

    /// Only the guard has written it.
    @Test func valueWrittenByAGuardIsRestoredAtTheEnd() throws {
        var run = try EngineRun(policy("pids.max: 5"))
        run.tick(0, [cgroup(high: nil)])
        run.guarded = bounding(run, at: 180)
        for time in 1...3 { run.tick(Double(time), [cgroup(high: 180)]) }
        let keys = run.engine.stop().effects.flatMap { effect in
            if case .restore(let keys) = effect.kind { keys } else { [LimitKey]() }
        }
        #expect(keys.contains(Self.high))
    }

    @Test func limitRaisedByAGuardWinsOverAllLayers() throws {
        var run = try EngineRun(policy("memory.max: 200MiB"))
        run.tick(0, [cgroup(high: nil, max: nil)])
        run.guarded = [
            run.id("/g"): GuardedCgroup(
                name: "db", isFrozen: false,
                settings: [LimitKey("memory.max"): .number(300 * Self.mebibyte)])
        ]
        for time in 1...5 { run.tick(Double(time), [cgroup(high: nil, max: 300)]) }
        let value = run.engine.layers(of: CgroupPath("/g")).first {
            $0.key == LimitKey("memory.max")
        }
        #expect(value?.winner == .guarding("db"))
        #expect(value?.wanted == .number(300 * Self.mebibyte))
        #expect(run.acts { $0.kind.name == "set" }.count == 1)
        #expect(run.notes(.drift) == [])
    }

    /// v2 has one file for them.
    @Test func memorySoftAndMemoryHighAreOneValueOnV2() throws {
        var run = try EngineRun(
            """
            groups: {g: {path: /g}}
            limits: [{on: g, set: {memory.soft_limit: 60MiB}}, {on: g, set: {memory.high: 80MiB}}]
            """)
        for time in 0...10 { run.tick(Double(time), [cgroup(high: time == 0 ? nil : 60)]) }
        #expect(run.acts() == ["0 set /g memory.high=60MiB"])
        #expect(run.engine.layers(of: CgroupPath("/g")).map(\.key) == [Self.high])
    }
}
