import CgroupModel
import Testing
import TestSupport

@testable import Policy
@testable import PolicyLanguage

/// Writes of values, their results, and changes by other programs.
@Suite struct ValueTests {
    private static let limits = """
        groups: {g: {path: "/g*"}}
        limits: [{on: g, set: {memory.max: 1GiB}}]
        """

    private func cgroup(_ max: UInt64?, path: String = "/g") -> EngineRun.Cgroup {
        .init(path: path, values: ["memory.max": max.map { Reading($0) } ?? .unlimited])
    }

    @Test func newCgroupsGetTheirLimitsImmediately() throws {
        var run = try EngineRun(Self.limits)
        run.tick(0, [cgroup(nil)])
        run.tick(1, [cgroup(1 << 30), cgroup(nil, path: "/g2")])
        run.tick(2, [cgroup(1 << 30), cgroup(1 << 30, path: "/g2")])
        #expect(run.acts() == ["0 set /g memory.max=1GiB", "1 set /g2 memory.max=1GiB"])
    }

    @Test func unchangedValueIsNotWritten() throws {
        var run = try EngineRun(Self.limits)
        run.tick(0, [cgroup(1 << 30)])
        #expect(run.acts() == [])
        run.tick(1, [cgroup(2 << 30)])
        run.tick(2, [cgroup(1 << 30)])
        #expect(run.acts() == ["1 set /g memory.max=1GiB"])
    }

    @Test func limitsFollowTheTimeOfDay() throws {
        var run = try EngineRun(
            """
            groups: {g: {path: /g}}
            limits:
              - {on: g, during: "22:00-06:00", set: {cpu.weight: 100}}
              - {on: g, during: "06:00-22:00", set: {cpu.weight: 10}}
            """)
        var weight: UInt64 = 50
        for (time, minute) in [1310, 1319, 1320, 1439, 0, 359, 360].enumerated() {
            run.minute = minute
            let output = run.tick(
                Double(time), [.init(path: "/g", values: ["cpu.weight": Reading(weight)])])
            guard case .set(let set)? = output.effects.first?.kind else { continue }
            weight = set[0].value.number ?? 0
        }
        #expect(
            run.acts() == [
                "0 set /g cpu.weight=10", "2 set /g cpu.weight=100", "6 set /g cpu.weight=10",
            ])
    }

    @Test func conditionalLimitFollowsItsCondition() throws {
        var run = try EngineRun(
            """
            groups: {g: {path: /g}}
            limits:
              - {on: g, when: host.cpu.pressure.some.avg10 > 20%, until_for: 0s, set: {cpu.weight: 10}}
            """)
        for (time, pressure) in [Reading(100), Reading(3000), .malformed, Reading(100)].enumerated()
        {
            run.prepare = { $0.host.cpuPressure = pressure }
            run.tick(Double(time), [.init(path: "/g", values: ["cpu.weight": Reading(100)])])
        }
        #expect(run.acts() == ["1 set /g cpu.weight=10", "3 restore /g"])
    }

    // MARK: Failures, rows 11, 13 and 15

    @Test func busyValueIsRetriedWithBackoff() throws {
        var run = try EngineRun(Self.limits)
        run.answer = { _ in .failed(.init(errno: .busy, "memory is in use")) }
        for time in 0...320 { run.tick(Double(time), [cgroup(nil)]) }
        let sets = run.effects.filter { $0.effect.kind.name == "set" }
        #expect(sets.map(\.time).prefix(5) == [0, 2, 5, 10, 311])
        #expect(run.acts { $0.kind.name == "notify" } == ["1 notify /g"])
    }

    @Test(arguments: [Errno.accessDenied, .notPermitted, .readOnly, .invalid])
    func refusedValueIsRetriedAfterFiveMinutes(errno: Errno) throws {
        var run = try EngineRun(Self.limits)
        run.answer = { _ in .rolledBack(.init(errno: errno, "no")) }
        for time in 0...310 { run.tick(Double(time), [cgroup(nil)]) }
        let sets = run.effects.filter { $0.effect.kind.name == "set" }
        #expect(sets.map(\.time) == [0, 301])
    }

    @Test func failedUndoIsRetriedUntilItSucceedsAndReportedOnce() throws {
        var run = try EngineRun(
            """
            groups: {g: {path: /g}}
            rules:
              - {name: r, on: g, when: pids.current > 90, until: pids.current < 80, cooldown: 1s,
                 do: [{set: {pids.max: 200}}]}
            """)
        var isOver = false
        for time in 0...12 {
            isOver = time >= 8
            run.answer = { effect in
                if case .restore = effect.kind, !isOver {
                    return .halfway(.init(errno: .invalid, "it cannot be taken back"))
                }
                return .done
            }
            run.tick(Double(time), pids: time < 3 ? 95 : 10)
        }
        #expect(run.acts { $0.kind.name == "restore" }.count == 6)
        #expect(run.acts { $0.kind.name == "notify" }.count == 1)
        #expect(run.engine.layers(of: CgroupPath("/g")) == [])
    }

    @Test func partialWriteIsUndone() throws {
        var run = try EngineRun(
            """
            groups: {g: {path: /g}}
            rules:
              - {name: r, on: g, when: pids.current > 90, until: pids.current < 80,
                 do: [{set: {pids.max: 200, cpu.max: 1cpus}}]}
            """)
        run.answer = { effect in
            if case .set = effect.kind { return .halfway(.init(errno: .accessDenied, "no")) }
            return .done
        }
        for time in 0...5 { run.tick(Double(time), pids: 95) }
        let acts = run.acts { $0.kind.name != "notify" }.map { String($0.prefix(9)) }
        #expect(acts == ["0 set /g ", "1 restore"])
    }

    // MARK: Drift, row 32

    private func drifting(_ policy: String) throws -> EngineRun {
        var run = try EngineRun("defaults: {drift: \(policy)}\n" + Self.limits)
        var max: UInt64? = nil
        for time in 0...60 {
            if time > 0, time % 5 == 0 { max = 3 << 30 }
            let output = run.tick(Double(time), [cgroup(max)])
            if output.effects.contains(where: { $0.kind.name == "set" }) { max = 1 << 30 }
        }
        return run
    }

    @Test func valueChangedByAnotherProgramIsGivenUpAfterThreeRewrites() throws {
        let run = try drifting("reapply")
        #expect(run.acts { $0.kind.name == "set" }.count == 4)
        #expect(run.acts { $0.kind.name == "notify" } == ["20 notify /g"])
        #expect(
            run.notes(.drift) == [
                "5 changed by another program: written again",
                "10 changed by another program: written again",
                "15 changed by another program: written again",
                "20 keeps being changed by another program: given up",
            ])
        let change = try #require(run.audit.first { $0.record.phase == .drift }?.record.changes[0])
        #expect((change.before, change.wanted, change.after) == ("1GiB", "1GiB", "3GiB"))
    }

    /// A guard raises a limit and puts it back again, as often as it has to.
    @Test func changeByAGuardIsNotDrift() throws {
        var run = try EngineRun("defaults: {drift: reapply}\n" + Self.limits)
        for time in 0...60 {
            let isRaised = time > 5 && time % 10 < 5
            run.guarded = [:]
            if isRaised {
                run.guarded[run.id("/g")] = GuardedCgroup(
                    name: "db", isFrozen: false, values: [LimitKey("memory.max")])
            }
            run.tick(Double(time), [cgroup(time == 0 ? nil : isRaised ? 3 << 30 : 1 << 30)])
        }
        #expect(run.notes(.drift) == [])
        #expect(run.acts { $0.kind.name == "set" }.count == 1)
    }

    @Test(arguments: [
        ("report", "5 changed by another program: left unchanged"),
        ("yield", "5 changed by another program: given up"),
    ])
    func driftIsNotRewrittenIfThePolicySaysSo(policy: String, note: String) throws {
        let run = try drifting(policy)
        #expect(run.acts { $0.kind.name == "set" }.count == 1)
        #expect(run.notes(.drift) == [note])
    }

    @Test func returnToTheOriginalIsAReset() throws {
        var run = try EngineRun(Self.limits)
        let levels: [UInt64?] = [nil, 1 << 30, 1 << 30, nil]
        for (time, max) in levels.enumerated() {
            run.tick(Double(time), [cgroup(max)])
        }
        #expect(
            run.notes(.drift) == [
                "3 changed by another program: written again; it was reset to the original"
            ])
    }

    @Test func roundingIsNotDrift() throws {
        var run = try EngineRun(
            "groups: {g: {path: /g}}\nlimits: [{on: g, set: {memory.max: 1000000001B}}]")
        for (time, max) in [nil, 999_997_440, 999_997_440, 999_997_440].enumerated() {
            run.tick(Double(time), [cgroup(max.map { UInt64($0) })])
        }
        #expect(run.acts().count == 1)
        #expect(run.notes(.drift) == [])
    }

    // MARK: Order

    @Test func limitsAreRaisedFromTheTopAndLoweredFromTheBottom() throws {
        var run = try EngineRun(
            """
            groups: {g: {path: ["/a", "/a/b", "/a/b/c"]}}
            limits: [{on: g, set: {memory.max: 2GiB}}]
            """)
        func all(_ max: UInt64) -> [EngineRun.Cgroup] {
            ["/a", "/a/b", "/a/b/c"].map { cgroup(max, path: $0) }
        }
        run.tick(0, all(1 << 30))
        #expect(run.effects.map(\.effect.target.path.description) == ["/a", "/a/b", "/a/b/c"])
        var narrow = try EngineRun(
            """
            groups: {g: {path: ["/a", "/a/b", "/a/b/c"]}}
            limits: [{on: g, set: {memory.max: 2GiB}}]
            """)
        narrow.tick(0, all(4 << 30))
        #expect(narrow.effects.map(\.effect.target.path.description) == ["/a/b/c", "/a/b", "/a"])
    }

    // MARK: The machine

    @Test func hostMetricsAreRead() {
        var builder = SnapshotBuilder()
        builder.host.load = Reading(250)
        builder.host.pressure.io.full.avg60 = Reading(1234)
        builder.host.pressure.irq.full.avg10 = Reading(250)
        (builder.host.previousCPUBusy, builder.host.cpuBusy) = (Reading(0), Reading(30))
        (builder.host.previousCPUTotal, builder.host.cpuTotal) = (Reading(0), Reading(40))
        for (minor, busy) in [(0, 250_000), (16, 500_000)] {
            builder.host.disks.append(
                DiskSample(
                    device: InstanceKey(major: 8, minor: UInt32(minor)),
                    busy: Reading(UInt64(busy)), previousBusy: Reading(0)))
        }
        let input = PolicyInput(
            snapshot: builder.build(), time: PolicyInstant(nanoseconds: 1), minuteOfDay: 90)
        func value(_ name: String, _ disk: String? = nil) -> Double? {
            PolicyVocabulary.metric(named: name).map {
                MetricReading($0, instance: disk, device: { _ in nil }).value(ofHost: input)
            }
        }
        #expect(value("host.load") == 2.5)
        #expect(value("host.cpu.util") == 75)
        #expect(value("host.io.pressure.full.avg60") == 12.34)
        #expect(value("host.irq.pressure.full.avg10") == 2.5)
        #expect(value("host.irq.pressure.some.avg10") == nil)
        #expect(value("host.disk.util") == 50)
        #expect(value("host.disk.util", "8:0") == 25)
        #expect(value("host.disk.util", "/dev/none")?.isNotApplicable == true)
        #expect(value("host.time") == 5400)
    }

    // MARK: Row 7

    @Test func shareOfAMissingLimitNeverFires() throws {
        var run = try EngineRun(
            """
            groups: {g: {path: /g}}
            rules:
              - {name: r, on: g, when: memory.current > 90% of memory.max, for: 3s, until: memory.current < 10MiB,
                 do: [{log: {level: notice}}]}
            """)
        for time in 0...20 {
            run.tick(
                Double(time),
                [
                    .init(
                        path: "/g",
                        values: [
                            "memory.current": Reading(95 << 20),
                            "memory.max": time < 10 ? .unlimited : Reading(100 << 20),
                        ])
                ])
        }
        #expect(run.states() == ["10 pending", "13 active"])
    }

    // MARK: Layers from elsewhere

    /// A pool that gives one cgroup a CPU, then another.
    private struct Pool: LayerSource {
        var layer: Layer { .pools }
        var ticks = 0

        mutating func propose(_ context: LayerContext) -> LayerProposal {
            ticks += 1
            guard ticks == 1 || ticks == 4, let member = context.members["g"]?.first else {
                return LayerProposal()
            }
            let entry = context.input.snapshot.cgroups[member]
            let target = Effect.Target(path: entry.path, cgroup: entry.id)
            return LayerProposal(
                wishes: ticks == 4
                    ? []
                    : [
                        LayerWish(
                            target: target, key: LimitKey("cpuset.cpus"), value: .text("2-3"),
                            origin: .pool("fast"), cause: Cause("pool fast"))
                    ],
                acts: [
                    LayerProposal.Act(
                        origin: .pool("fast"), target: target,
                        kind: .notify(sinks: [], level: .notice, text: "tick \(ticks)"),
                        cause: Cause("pool fast"))
                ])
        }

        mutating func reload(_ document: PolicyDocument) { ticks = 0 }

        func lists(ofPool name: String) -> (cpus: RangeList, mems: RangeList?)? {
            name == "fast" ? (RangeList([2, 3]), nil) : nil
        }
    }

    @Test func aPoolIsALayer() throws {
        var run = try EngineRun("groups: {g: {path: /g}}", sources: [Pool()])
        for time in 0...5 { run.tick(Double(time), pids: 1) }
        #expect(
            run.acts() == [
                "0 set /g cpuset.cpus=2-3", "0 notify /g", "3 restore /g", "3 notify /g",
            ])
    }

    // MARK: Where a snapshot shows a limit

    @Test func everyReadLimitIsShown() {
        let hidden: Set = ["devices.allow", "devices.deny"]
        var builder = SnapshotBuilder()
        var values: [String: Reading] = [:]
        let texts = MetricCatalog.all.filter { $0.kind == .text }.map(\.name)
        for metric in MetricCatalog.all where metric.dimension == nil {
            values[metric.name] = Reading(7)
        }
        for name in texts { values[name] = Word.intern("0-1").map { Reading(UInt64($0)) } }
        builder.add("/g", values)
        for metric in MetricCatalog.all where metric.dimension != nil {
            let key = InstanceKey("8:0", metric.dimension ?? .device, device: { _ in nil })
            builder.instance(metric.name, key ?? InstanceKey(rawValue: 0), 7)
        }
        let snapshot = builder.build()
        for limit in LimitCatalog.all where !hidden.contains(limit.name) {
            let instance = limit.dimension == nil ? nil : "8:0"
            let key = LimitKey(limit.name, instance: instance)
            let value = key.value(in: snapshot, at: 0) { _ in nil }
            #expect(value != nil, "\(limit.name)")
        }
    }

    @Test func cpuMaxIsQuotaOverPeriod() {
        var builder = SnapshotBuilder()
        builder.add(
            "/g",
            [
                "cpu.max": Reading(150_000), "cpu.max.period": Reading(100_000),
                "cpu.shares": Reading(205),
            ])
        let snapshot = builder.build()
        func value(_ name: String) -> LimitValue? {
            LimitKey(name).value(in: snapshot, at: 0) { _ in nil }
        }
        #expect(value("cpu.max") == .number(1_500_000))
        #expect(value("cpu.weight") == .number(20))
        #expect(value("memory.max") == nil)
    }
}
