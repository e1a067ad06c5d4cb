import CgroupModel
import Testing
import TestSupport

@testable import Policy
@testable import PolicyLanguage

/// Loading, reloading and ending a policy, groups, and reports.
@Suite struct LifecycleTests {
    private static func policy(_ threshold: Int, others: String = "") -> String {
        """
        groups: {g: {path: "/g*"}}
        rules:
          - {name: r, on: g, when: pids.current > \(threshold), until: pids.current < 10,
             max_active: 10m, do: [{freeze: {timeout: 5m}}]}
          - {name: s, on: g, when: pids.current > 50, until: pids.current < 10,
             do: [{set: {pids.max: 100}}]}
        \(others)
        """
    }

    // MARK: Row 39

    @Test func equalRulesKeepTheirState() throws {
        var run = try EngineRun(Self.policy(90))
        for time in 0...2 { run.tick(Double(time), pids: 95) }
        let limits = "limits: [{on: g, set: {cpu.weight: 50}}]"
        let moved = "# a line more\n" + Self.policy(90, others: limits)
        run.engine.reload(try EngineRun.document(moved))
        run.tick(3, pids: 95)
        #expect(run.engine.state(of: "r", on: run.id("/g")) == .active)
        #expect(run.acts() == ["0 freeze /g", "0 set /g pids.max=100", "3 set /g cpu.weight=50"])
    }

    @Test func changedRulesAreUndone() throws {
        var run = try EngineRun(Self.policy(90))
        for time in 0...2 { run.tick(Double(time), pids: 95) }
        run.engine.reload(try EngineRun.document(Self.policy(94)))
        run.tick(3, pids: 93)
        #expect(run.engine.state(of: "r", on: run.id("/g")) == .idle)
        #expect(run.engine.state(of: "s", on: run.id("/g")) == .active)
        #expect(run.acts().suffix(1) == ["3 thaw /g"])
    }

    @Test func removedRulesAreUndone() throws {
        var run = try EngineRun(Self.policy(90))
        for time in 0...2 { run.tick(Double(time), pids: 95) }
        run.engine.reload(try EngineRun.document("groups: {g: {path: \"/g*\"}}"))
        for time in 3...4 { run.tick(Double(time), pids: 95) }
        #expect(run.acts().suffix(2) == ["3 thaw /g", "3 restore /g"])
        #expect(run.notes(.policy) == ["0 loaded", "3 reloaded"])
    }

    @Test func windowsSurviveAReload() throws {
        let policy = """
            groups: {g: {path: /g}}
            rules:
              - {name: r, on: g, when: "avg(pids.current, 10s) > 90", until: pids.current < 10,
                 do: [{log: {level: notice}}]}
            """
        var run = try EngineRun(policy)
        for time in 0...6 { run.tick(Double(time), pids: 95) }
        run.engine.reload(try EngineRun.document(policy))
        for time in 7...8 { run.tick(Double(time), pids: 95) }
        #expect(run.states() == ["8 active"])
    }

    @Test func leavingAGroupRestoresEverything() throws {
        var run = try EngineRun(Self.policy(90))
        for time in 0...2 { run.tick(Double(time), pids: 95) }
        let stop = run.engine.stop()
        #expect(stop.effects.map(\.kind) == [.thaw, .restore([LimitKey("pids.max")])])
        #expect(stop.effects.map(\.isUndo) == [true, true])
        var stays = try EngineRun("defaults: {restore_on_exit: false}\n" + Self.policy(90))
        for time in 0...2 { stays.tick(Double(time), pids: 95) }
        #expect(stays.engine.stop().effects.map(\.kind) == [.thaw])
    }

    /// Cgroups come and go for weeks.
    @Test func stateOfRemovedCgroupsIsDropped() throws {
        var run = try EngineRun(
            """
            groups: {g: {path: "/g*"}}
            rules:
              - {name: real, on: g, when: pids.current > 90, do: [{set: {pids.max: 100}}]}
              - {name: tried, on: g, when: pids.current > 90, dry_run: true,
                 do: [{set: {cpu.weight: 50}}]}
            """)
        for time in 0...2 { run.tick(Double(time), pids: 95) }
        let gone = run.id("/g")
        for isTried in [false, true] {
            #expect(run.engine.gate.remembers(gone, isTried: isTried))
        }
        run.tick(3, [])
        for isTried in [false, true] {
            #expect(!run.engine.gate.remembers(gone, isTried: isTried))
        }
    }

    // MARK: Groups

    private func members(
        _ group: String, facts: TestFacts = TestFacts(), _ cgroups: [EngineRun.Cgroup]
    ) throws -> [String] {
        var run = try EngineRun("groups: {g: {\(group)}}", facts: facts)
        run.tick(0, cgroups)
        return run.engine.matcher.members(of: "g").map {
            run.engine.input?.snapshot.cgroups[$0].path.description ?? ""
        }
    }

    private static let tree: [EngineRun.Cgroup] = ["/", "/a", "/a/b", "/a/b/c", "/a/d", "/e"].map {
        .init(path: $0, values: ["cgroup.populated": Reading($0 == "/e" ? 0 : 1)])
    }

    @Test(arguments: [
        ("path: \"/a/**\"", ["/a/b", "/a/b/c", "/a/d"]),
        ("path: [\"/a/*\", /e], populated: false", ["/e"]),
        ("path: \"/**\", exclude: \"/a/b*\", kind: leaf", ["/a/b/c", "/a/d"]),
        ("path: \"/**\", kind: inner", ["/a", "/a/b"]),
        ("path: \"/*/**\", nested: outermost", ["/a/b", "/a/d"]),
        ("path: \"/a/**\", nested: leaf", ["/a/b/c", "/a/d"]),
    ])
    func groupsMatchByPath(group: String, paths: [String]) throws {
        let found = try members(group, Self.tree)
        #expect(found.filter { $0 != "/" } == paths)
    }

    /// A newer cgroup has a later row, wherever it is in the tree.
    @Test func membersAreFoundByTheirRows() throws {
        var run = try EngineRun("groups: {g: {path: /b}}")
        run.tick(0, [.init(path: "/b", values: [:])])
        run.tick(1, [.init(path: "/a", values: [:]), .init(path: "/b", values: [:])])
        #expect(run.engine.members(of: "g").map(\.path) == [CgroupPath("/b")])
    }

    @Test func groupsMatchByUnitOwnerAttributeCommandAndContainer() throws {
        var facts = TestFacts()
        facts.units = ["/a": "backup-1.service", "/e": "other.service"]
        facts.owners = ["/a": 1000, "/a/b": 1000]
        facts.attributes = ["/a/d": ["trusted.class": "batch"]]
        facts.members = ["/a/b/c": ["make", "cc"]]
        var container = CgroupIdentity(CgroupPath("/a/b"))
        container.containerID = "abc123"
        container.labels = ["tier": "web"]
        container.pod = "shop-0"
        container.namespace = "prod"
        facts.identities = ["/a/b": container]
        #expect(try members("unit: \"backup*.service\"", facts: facts, Self.tree) == ["/a"])
        #expect(try members("uid: 1000, path: \"/a/*\"", facts: facts, Self.tree) == ["/a/b"])
        #expect(try members("xattr: {trusted.class: \"b*\"}", facts: facts, Self.tree) == ["/a/d"])
        #expect(try members("comm: cc", facts: facts, Self.tree) == ["/a/b/c"])
        #expect(
            try members("container: {id: \"abc*\", label: {tier: web}}", facts: facts, Self.tree)
                == ["/a/b"])
        #expect(
            try members("container: {pod: \"shop-*\", namespace: prod}", facts: facts, Self.tree)
                == ["/a/b"])
        #expect(try members("container: {pod: other}", facts: facts, Self.tree) == [])
        #expect(try members("container: {name: x}", facts: facts, Self.tree) == [])
        // A cgroup that is in no container is not one of any container.
        #expect(try members("container: {}", facts: facts, Self.tree) == ["/a/b"])
    }

    // MARK: What it tells

    @Test func policyMetricsCountFiringsAndConflicts() throws {
        var run = try EngineRun(Self.policy(90))
        run.tick(0, pids: 95)
        run.tick(
            1,
            [
                .init(path: "/g", values: ["pids.current": Reading(95)]),
                .init(path: "/g2", values: ["pids.current": Reading(1)]),
            ])
        let metrics = run.engine.metrics
        #expect(metrics.firings.map(\.rule) == ["r", "s"])
        #expect(metrics.firings.map(\.count) == [1, 1])
        #expect(metrics.watched.map(\.count) == [2, 2])
        #expect(metrics.states.map(\.state) == [.active, .active])
        #expect(metrics.states.map(\.target?.path) == [CgroupPath("/g"), CgroupPath("/g")])
    }

    @Test func simulatedEffectsApplyImmediately() throws {
        var run = try EngineRun(Self.policy(90))
        let output = run.tick(0, pids: 95)
        let results = SimulatedActuator().results(of: output.effects)
        #expect(results.map(\.id) == output.effects.map(\.id))
        #expect(results.map(\.outcome) == [.done, .done])
    }

    @Test func planContainsOnlyDifferences() throws {
        var run = try EngineRun(
            "groups: {g: {path: \"/g*\"}}\n"
                + "limits: [{on: g, set: {memory.max: 1GiB, pids.max: 50}}]")
        run.answer = { _ in nil }
        run.tick(
            0,
            [.init(path: "/g", values: ["memory.max": Reading(2 << 30), "pids.max": Reading(50)])])
        let plan = run.engine.plan()
        #expect(plan.map(\.key) == [LimitKey("memory.max")])
        #expect(plan.first?.actual == .number(2 << 30))
        #expect(plan.first?.wanted == .number(1 << 30))
    }

    @Test func auditLogIsDeterministic() throws {
        func log() throws -> [UInt8] {
            var run = try EngineRun(
                "budgets: {freeze: 5/10s}\n"
                    + Self.policy(
                        90, others: "limits: [{on: g, set: {cpu.weight: 50, memory.high: 1GiB}}]"))
            for time in 0...40 {
                run.tick(
                    Double(time),
                    (0..<30).map { index in
                        .init(
                            path: "/g\(index)",
                            values: ["pids.current": Reading(UInt64((time * 7 + index * 13) % 120))]
                        )
                    })
            }
            _ = run.take(run.engine.stop(), 41)
            return run.log
        }
        let first = try log()
        #expect(first.count > 10_000)
        #expect(try log() == first)
    }

    @Test func auditRecordsAreLinesOfJSON() {
        let target = Effect.Target(
            path: CgroupPath(normalising: Array("/a\"\u{1}".utf8) + [0xff]),
            cgroup: CgroupID(inode: 7, generation: 9))
        let record = AuditRecord(
            wallTime: 1_790_000_000_000_050, sequence: 3, phase: .apply, origin: .rule("r"),
            target: target, effect: 4, action: "set",
            changes: [
                EffectResult.Change(
                    key: LimitKey("io.max.wbps", instance: "8:0"), file: "io.max", before: "max",
                    wanted: "1", after: "1")
            ], outcome: .rolledBack(.init(errno: .inputOutput, "a\\b")), note: "n",
            cause: Cause("x > 1", evidence: [.init(term: "x", value: "2.000", coverage: 0.8)]),
            isDryRun: true)
        #expect(
            String(decoding: AuditLine.bytes(record), as: UTF8.self) == """
                {"t":1790000000.000050,"seq":3,"phase":"apply","rule":"r",\
                "cgroup":"/a\\"\\\\x01\\\\xff","inode":7,"effect":4,"action":"set",\
                "changes":[{"key":"io.max.wbps[8:0]","file":"io.max","before":"max",\
                "wanted":"1","after":"1"}],"result":"rolled_back","errno":"EIO",\
                "reason":"a\\\\b","note":"n","cause":"x > 1",\
                "evidence":[{"term":"x","value":"2.000","coverage":0.800}],"dry_run":true}

                """)
    }
}
