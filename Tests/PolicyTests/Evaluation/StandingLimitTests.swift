import CgroupModel
import Testing
import TestSupport

@testable import Policy
@testable import PolicyLanguage

/// Limits hold as long as their cgroup exists, from its creation on, each by itself.
@Suite struct StandingLimitTests {
    private static let policy = """
        groups: {g: {path: "/g*"}}
        limits: [{on: g, set: {memory.max: 1GiB}}]
        """

    private func cgroup(
        _ max: UInt64?, isEmpty: Bool = false, path: String = "/g"
    ) -> EngineRun.Cgroup {
        .init(
            path: path,
            values: [
                "memory.max": max.map { Reading($0) } ?? .unlimited,
                "cgroup.populated": Reading(isEmpty ? 0 : 1),
            ])
    }

    // MARK: As long as it exists

    @Test func limitStaysWhileItsCgroupIsBrieflyEmpty() throws {
        var run = try EngineRun(Self.policy)
        run.tick(0, [cgroup(nil)])
        for time in 1...60 { run.tick(Double(time), [cgroup(1 << 30, isEmpty: time % 2 == 0)]) }
        #expect(run.acts() == ["0 set /g memory.max=1GiB"])
    }

    @Test func emptyCgroupGetsItsLimitBeforeItsFirstProcess() throws {
        var run = try EngineRun(Self.policy)
        run.tick(0, [cgroup(nil, isEmpty: true)])
        #expect(run.acts() == ["0 set /g memory.max=1GiB"])
        #expect(run.engine.members(of: "g").isEmpty)
    }

    @Test func limitOfEmptyCgroupsDoesNotAffectOthers() throws {
        var run = try EngineRun(
            Self.policy.replacing("\"/g*\"", with: "\"/g*\", populated: false"))
        run.tick(0, [cgroup(nil)])
        #expect(run.acts() == [])
    }

    /// It has no process with a command name.
    @Test func emptyCgroupStaysInTheGroupItsCommandMatched() throws {
        var facts = TestFacts()
        facts.members = ["/g": ["nginx"]]
        var run = try EngineRun(
            Self.policy.replacing("\"/g*\"", with: "\"/g*\", comm: nginx"), facts: facts)
        run.tick(0, [cgroup(nil)])
        facts.members = [:]
        run.engine.sight.facts = facts
        for time in 1...30 { run.tick(Double(time), [cgroup(1 << 30, isEmpty: true)]) }
        #expect(run.acts() == ["0 set /g memory.max=1GiB"])
    }

    // MARK: From its creation on

    private func newborn(_ path: String, inode: UInt64 = 77) -> CgroupEntry {
        CgroupEntry(
            path: CgroupPath(path), id: CgroupID(inode: inode, generation: inode), parent: nil,
            controllers: [.memory], row: RowLocation(block: 0, row: 0))
    }

    /// Welcomes cgroups half a second after a tick.
    private func welcome(
        _ newborns: [CgroupEntry], _ run: inout EngineRun, after time: Double
    ) {
        let output = run.engine.welcome(
            newborns, after: UInt64(time * 10) + 1,
            at: PolicyInstant(nanoseconds: UInt64((time + 100.5) * 1e9)), wallTime: 7_000_000)
        run.take(output, time + 0.5)
    }

    @Test func newCgroupGetsItsLimitOnceBeforeTheNextTick() throws {
        var run = try EngineRun(Self.policy)
        run.tick(0, [cgroup(1 << 30)])
        welcome([newborn("/g2"), newborn("/other", inode: 78)], &run, after: 0)
        #expect(run.acts() == ["0 set /g2 memory.max=1GiB"])
        #expect(run.audit.last?.record.wallTime == 7_000_000)
        for time in 1...5 {
            run.tick(
                Double(time),
                [
                    cgroup(1 << 30),
                    .init(path: "/g2", inode: 77, values: ["memory.max": Reading(1 << 30)]),
                ])
        }
        #expect(run.acts() == ["0 set /g2 memory.max=1GiB"])
        #expect(run.notes(.drift) == [])
        let restored = run.engine.stop().effects.map { "\($0.target.path)" }
        #expect(restored == ["/g2"])
    }

    /// The snapshot was begun before the cgroup was made, and is looked at after.
    @Test func olderSnapshotDoesNotEndANewCgroup() throws {
        var run = try EngineRun(Self.policy)
        run.tick(0, [cgroup(1 << 30)])
        // Tick 1 has the number 11.
        welcome([newborn("/g2")], &run, after: 1)
        run.tick(1, [cgroup(1 << 30)])
        run.tick(
            2,
            [
                cgroup(1 << 30),
                .init(path: "/g2", inode: 77, values: ["memory.max": Reading(1 << 30)]),
            ])
        #expect(run.acts() == ["1 set /g2 memory.max=1GiB"])
        #expect(run.engine.stop().effects.map { "\($0.target.path)" } == ["/g2"])
    }

    @Test func newCgroupRemovedBeforeTheNextTickIsDropped() throws {
        var run = try EngineRun(Self.policy)
        run.tick(0, [cgroup(1 << 30)])
        welcome([newborn("/g2")], &run, after: 0)
        run.tick(1, [cgroup(1 << 30)])
        #expect(run.engine.layers(of: run.id("/g2")) == [])
        #expect(run.engine.stop().effects.isEmpty)
    }

    @Test func endOfThePolicyRestoresCgroupsInNoSnapshot() throws {
        var run = try EngineRun(Self.policy)
        run.tick(0, [cgroup(1 << 30)])
        welcome([newborn("/g2")], &run, after: 0)
        #expect(run.engine.stop().effects.map { "\($0.target.path)" } == ["/g2"])
    }

    @Test func newCgroupWithoutALimitIsLeftAlone() throws {
        var run = try EngineRun(
            """
            groups: {g: {path: "/g/**", nested: outermost}, h: {path: "/h/*", kind: inner}}
            limits:
              - {on: g, set: {memory.max: 1GiB}}
              - {on: h, set: {memory.max: 1GiB}}
              - {on: g, set: {pids.max: 5}, during: "22:00-23:00"}
            """)
        run.tick(0, [.init(path: "/x", values: [:])])
        welcome(
            [newborn("/g/a"), newborn("/g/a/b", inode: 78), newborn("/h/a", inode: 79)], &run,
            after: 0)
        #expect(run.acts() == ["0 set /g/a memory.max=1GiB"])
    }

    @Test func newCgroupOnHoldOrProtectedIsLeftAlone() throws {
        var facts = TestFacts()
        facts.held = ["/g1": "bob"]
        facts.protected = ["/g2": "sshd"]
        var run = try EngineRun(Self.policy, facts: facts)
        run.tick(0, [.init(path: "/x", values: [:])])
        welcome([newborn("/g1"), newborn("/g2", inode: 78)], &run, after: 0)
        #expect(run.acts() == [])
        #expect(run.notes(.veto).count == 2)
    }

    // MARK: Each by itself

    private static let three = """
        groups: {g: {path: "/g*"}}
        limits: [{on: g, set: {memory.max: 1GiB, pids.max: 50, cpu.weight: 20}}]
        """

    private func answers(_ run: inout EngineRun, whileBusy isBusy: @escaping () -> Bool) {
        run.answer = { effect in
            guard case .set(let assignments) = effect.kind, isBusy() else { return .done }
            let failure = EffectResult.Outcome.failed(.init(errno: .busy, "memory is in use"))
            return assignments.count == 1 ? failure : .partial("memory.max: memory is in use")
        }
        run.answerValues = { effect in
            guard case .set(let assignments) = effect.kind, isBusy(), assignments.count > 1 else {
                return [:]
            }
            return [
                LimitKey("memory.max"): .failed(.init(errno: .busy, "memory is in use"))
            ]
        }
    }

    @Test func failedValueIsRetriedAloneAndReportedOnce() throws {
        var run = try EngineRun(Self.three)
        var isSet = false
        answers(&run) { !isSet }
        for time in 0...400 {
            isSet = time >= 350
            run.tick(
                Double(time),
                [
                    .init(
                        path: "/g",
                        values: [
                            "memory.max": .unlimited,
                            "pids.max": time == 0 ? .unlimited : Reading(50),
                            "cpu.weight": Reading(time == 0 ? 100 : 20),
                        ])
                ])
            if time == 20 {
                let failing = run.engine.metrics.failing
                #expect(
                    failing.map { "\($0.key): \($0.reason)" } == ["memory.max: memory is in use"])
                let reason = run.engine.layers(of: CgroupPath("/g")).first {
                    $0.key == LimitKey("memory.max")
                }?.reason
                #expect(reason == "cannot be set: memory is in use")
            }
        }
        #expect(
            run.acts { $0.kind.name == "set" } == [
                "0 set /g cpu.weight=20 memory.max=1GiB pids.max=50", "2 set /g memory.max=1GiB",
                "5 set /g memory.max=1GiB", "10 set /g memory.max=1GiB",
                "311 set /g memory.max=1GiB", "313 set /g memory.max=1GiB",
                "316 set /g memory.max=1GiB", "321 set /g memory.max=1GiB",
            ])
        #expect(run.acts { $0.kind.name == "notify" } == ["1 notify /g"])
    }

    /// The controller of its file was enabled in the meantime.
    @Test func valueWithoutAFileIsRetriedOnceTheFileExists() throws {
        var run = try EngineRun(Self.policy)
        run.answer = { _ in .failed(.init("this kernel has no memory.max in /g")) }
        for time in 0...40 {
            if time == 30 { run.answer = { _ in .done } }
            let max: Reading = time < 30 ? .unsupported : time == 30 ? .unlimited : Reading(1 << 30)
            run.tick(Double(time), [.init(path: "/g", values: ["memory.max": max])])
        }
        #expect(
            run.acts { $0.kind.name == "set" }.map { $0.prefix(2) } == [
                "0 ", "2 ", "5 ", "10", "30",
            ])
        #expect(run.engine.metrics.failing.isEmpty)
    }

    @Test func dependentValuesAreRequestedTogether() throws {
        var run = try EngineRun(Self.three.replacing("{on: g, ", with: "{on: g, together: true, "))
        let output = run.tick(0, [cgroup(nil)])
        #expect(output.effects.map(\.isTogether) == [true])
        run = try EngineRun(Self.three)
        #expect(run.tick(0, [cgroup(nil)]).effects.map(\.isTogether) == [false])
    }

    // MARK: Where it is renamed

    /// The path of an effect leads nowhere if its cgroup (v1) was renamed meanwhile: the value was
    /// given up for five minutes, and one that was to be put back stayed for ever.
    @Test func effectMissedByARenameIsRepeatedAtTheNextSnapshot() throws {
        var run = try EngineRun(Self.policy)
        func tick(_ time: Double, _ path: String, _ max: UInt64?) {
            var moved = cgroup(max, path: path)
            moved.inode = 77
            run.tick(time, [moved])
        }
        run.answer = { _ in .gone }
        tick(0, "/g1", nil)
        run.answer = { _ in .done }
        for time in 1...3 { tick(Double(time), "/g2", nil) }
        #expect(
            run.acts() == ["0 set /g1 memory.max=1GiB", "1 set /g2 memory.max=1GiB"]
                || run.acts() == ["0 set /g1 memory.max=1GiB", "2 set /g2 memory.max=1GiB"])
        let before = run.acts().count
        // Out of the group: what was set is put back, under the path that it has by then.
        run.answer = { _ in .gone }
        tick(10, "/other", 1 << 30)
        run.answer = { _ in .done }
        for time in 11...13 { tick(Double(time), "/another", 1 << 30) }
        #expect(run.acts().dropFirst(before) == ["10 restore /other", "11 restore /another"])
    }
}
