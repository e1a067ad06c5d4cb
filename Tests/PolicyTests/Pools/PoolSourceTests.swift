import CgroupModel
import Configuration
import Testing
import TestSupport

@testable import Policy
@testable import PolicyLanguage

/// The third of the examples: a service on its own CPUs, within a slice that must leave them.
@Suite struct PoolSourceTests {
    private struct Machine {
        var document = PolicyDocument()
        var topology = twoNodes
        /// The group's patterns, answered by path here, for groups are the engine's.
        var members: [String: [String]] = [
            "api": ["/system.slice/api.service"], "rest": ["/system.slice", "/user.slice"],
        ]
        /// By path, its own list and what applies.
        var lists: [String: (own: String, effective: String)] = [:]
        var paths = [
            "/", "/init.scope", "/system.slice", "/system.slice/api.service",
            "/system.slice/cron.service", "/system.slice/cron.service/job", "/user.slice",
        ]
        var source: PoolSource
        var holding = true

        init(isLegacy: Bool = false, fallback: CPUPool.Fallback = .shared) throws {
            let position = ConfigPosition(file: "p.yaml", line: 1, column: 1)
            document.reservedCPUs = .count(1)
            document.pools = [
                CPUPool(
                    name: "fast", cpus: .count(4), isExclusive: true, numa: .strict,
                    smt: .wholeCore, fallback: fallback, others: ["rest"])
            ]
            document.limits = [
                StandingLimits(position: position, group: "api", settings: [.pool("fast")])
            ]
            source = PoolSource(document, mode: .v2, isLegacy: isLegacy)
        }

        var context: LayerContext {
            var builder = SnapshotBuilder(metrics: ["cpuset.cpus", "cpuset.cpus.effective"])
            for (index, path) in paths.enumerated() {
                var now: [String: Reading] = [:]
                if let (own, effective) = lists[path] {
                    now["cpuset.cpus"] = Word.intern(own).map { Reading(UInt64($0)) }
                    now["cpuset.cpus.effective"] = Word.intern(effective).map {
                        Reading(UInt64($0))
                    }
                }
                builder.add(
                    path, inode: UInt64(index + 1), generation: UInt64(index + 1),
                    controllers: [.cpuset], now)
            }
            let snapshot = builder.build()
            return LayerContext(
                input: PolicyInput(
                    snapshot: snapshot, time: PolicyInstant(nanoseconds: 0), minuteOfDay: 0,
                    topology: topology),
                document: document,
                members: members.mapValues {
                    $0.compactMap { snapshot.index(of: CgroupPath($0)) }
                }, holding: [holding])
        }

        /// The requests, as text; nil if nothing changed.
        mutating func tick() -> [String]? {
            source.propose(context).wishes?.map { "\($0.target.path) \($0.key)=\($0.value.plain)" }
        }
    }

    @Test func sliceIsReplacedByItsOtherChildren() throws {
        var machine = try Machine()
        #expect(
            machine.tick() == [
                "/system.slice/api.service cpuset.cpus=2-3,6-7",
                "/system.slice/api.service cpuset.mems=1",
                "/system.slice/cron.service cpuset.cpus=0-1,4-5",
                "/user.slice cpuset.cpus=0-1,4-5",
            ])
        #expect(machine.tick() == nil)
        #expect(
            machine.source.leftovers(machine.context).map(\.description) == [
                "processes directly in / can still use these CPUs",
                "/init.scope can still use these CPUs",
                "processes directly in /system.slice can still use these CPUs",
                "kernel threads can still use these CPUs",
            ])
    }

    @Test func v1DescendantsMakeRoom() throws {
        var machine = try Machine(isLegacy: true)
        machine.lists["/system.slice/cron.service"] = ("0-7", "0-7")
        machine.lists["/system.slice/cron.service/job"] = ("1-2", "1-2")
        machine.lists["/user.slice"] = ("2-3", "2-3")
        let first = machine.tick() ?? []
        #expect(first.contains("/system.slice/cron.service cpuset.cpus=0-1,4-5"))
        #expect(first.contains("/system.slice/cron.service/job cpuset.cpus=1"))
        // None of its own CPUs is left, so it gets the shared ones.
        #expect(first.contains("/user.slice cpuset.cpus=0-1,4-5"))
        // Their current narrow lists do not replace their original ones.
        machine.lists["/system.slice/cron.service"] = ("0-1,4-5", "0-1,4-5")
        machine.lists["/system.slice/cron.service/job"] = ("1", "1")
        #expect(machine.tick() == nil)
        machine.topology = twoNodes.without([1])
        #expect(
            machine.tick()?.contains("/system.slice/cron.service/job cpuset.cpus=0,4-5") == true)
    }

    @Test func offlineCPUsAreReassignedAndReturn() throws {
        var machine = try Machine()
        let first = machine.tick()
        machine.topology = twoNodes.without([2, 3, 6, 7])
        let proposal = machine.source.propose(machine.context)
        #expect(proposal.wishes == [])
        #expect(proposal.acts.count == 1)
        if case .log(.notice, let text)? = proposal.acts.first?.kind {
            #expect(
                text == "pool fast requests 4 CPUs (whole cores of one memory node); "
                    + "available: 1,5")
        } else {
            Issue.record("no notice")
        }
        #expect(machine.tick() == nil)
        #expect(machine.source.lists(ofPool: "fast")?.cpus == RangeList([0, 1, 4, 5]))
        machine.topology = twoNodes
        #expect(machine.tick() == first)
    }

    @Test func assignmentOfAnEarlierRunIsKept() throws {
        var machine = try Machine()
        machine.document.pools[0].cpus = .count(2)
        machine.source.reload(machine.document)
        machine.lists["/system.slice/api.service"] = ("3,7", "3,7")
        #expect(machine.tick()?.first == "/system.slice/api.service cpuset.cpus=3,7")
    }

    @Test func parentRestrictsTheChoice() throws {
        var machine = try Machine(fallback: .skip)
        machine.lists["/system.slice"] = ("0-3", "0-3")
        #expect(machine.tick() == [])
        #expect(machine.source.lists(ofPool: "fast") == nil)
        machine.lists["/system.slice"] = ("", "0-7")
        #expect(machine.tick()?.count == 4)
    }

    @Test func newSiblingMakesRoomAndTheEndRestoresAll() throws {
        var machine = try Machine()
        _ = machine.tick()
        machine.paths.append("/system.slice/new.service")
        #expect(machine.tick()?.contains("/system.slice/new.service cpuset.cpus=0-1,4-5") == true)
        machine.holding = false
        #expect(machine.tick() == [])
    }
}

/// Row 27: CPUs that go offline and come back, with the engine writing and a kernel of v1 that takes
/// an offline CPU out of each list and never gives it back.
@Suite struct PoolHotplugTests {
    private func run(fallback: String, _ ticks: (inout EngineRun, inout Lists) throws -> Void)
        throws
    {
        let policy = """
            groups: {api: {path: /api}, rest: {path: /rest}}
            pools: {reserved: {count: 1}, fast: {count: 4, exclusive: true, numa: strict, \
            smt: whole_core, fallback: \(fallback), others: [rest]}}
            limits: [{on: api, set: {cpuset.pool: fast}}]
            """
        var facts = TestFacts()
        facts.mode = .v1
        let source = PoolSource(try EngineRun.document(policy), mode: .v1, isLegacy: true)
        var run = try EngineRun(policy, facts: facts, sources: [source])
        var lists = Lists()
        try ticks(&run, &lists)
        // No other program changed anything.
        #expect(run.notes(.drift) == [])
        #expect(run.engine.metrics.drifts == 0)
    }

    /// The kernel's values.
    private struct Lists {
        var cpus = ["/api": RangeList(0..<8), "/rest": RangeList(0..<8)]
        var online = RangeList(0..<8)
        var now = 0

        mutating func tick(_ run: inout EngineRun, without offline: [Int] = []) {
            online = RangeList((0..<8).filter { !offline.contains($0) })
            for (path, list) in cpus { cpus[path] = list.intersection(online) }
            run.topology = twoNodes.without(offline)
            let rows = ["/api", "/rest"].map { path in
                let word = Word.intern("\(cpus[path] ?? RangeList([]))").map { UInt64($0) } ?? 0
                return EngineRun.Cgroup(
                    path: path,
                    values: [
                        "cpuset.cpus": Reading(word), "cpuset.cpus.effective": Reading(word),
                    ])
            }
            let output = run.tick(Double(now), rows)
            now += 1
            for effect in output.effects {
                switch effect.kind {
                case .set(let assignments):
                    for one in assignments where one.key.name == "cpuset.cpus" {
                        guard case .text(let text) = one.value, let list = RangeList(text) else {
                            continue
                        }
                        #expect(list.isSubset(of: online) && !list.isEmpty, "\(list)")
                        cpus["\(effect.target.path)"] = list
                    }
                case .restore: cpus["\(effect.target.path)"] = online
                default: break
                }
            }
        }
    }

    @Test func assignmentIsRewrittenAfterCPUsReturn() throws {
        for fallback in ["shared", "skip"] {
            try run(fallback: fallback) { run, lists in
                for _ in 0..<3 { lists.tick(&run) }
                #expect(
                    lists.cpus == [
                        "/api": RangeList([2, 3, 6, 7]), "/rest": RangeList([0, 1, 4, 5]),
                    ])
                // More often than the limit for changes by other programs.
                for _ in 0..<4 {
                    for _ in 0..<3 { lists.tick(&run, without: [2, 6]) }
                    // The remaining CPUs are kept.
                    #expect(lists.cpus["/api"] == RangeList([3, 7]))
                    for _ in 0..<3 { lists.tick(&run) }
                    #expect(
                        lists.cpus == [
                            "/api": RangeList([2, 3, 6, 7]), "/rest": RangeList([0, 1, 4, 5]),
                        ])
                }
            }
        }
    }

    @Test func poolWithoutItsNodeSharesOrIsUnchanged() throws {
        for fallback in ["shared", "skip"] {
            try run(fallback: fallback) { run, lists in
                for _ in 0..<3 { lists.tick(&run) }
                for _ in 0..<3 { lists.tick(&run, without: [2, 3, 6, 7]) }
                #expect(lists.cpus["/api"] == RangeList([0, 1, 4, 5]))
                #expect(lists.cpus["/rest"] == RangeList([0, 1, 4, 5]))
                #expect(run.acts { $0.kind.name == "log" }.count == 1)
                for _ in 0..<3 { lists.tick(&run) }
                #expect(
                    lists.cpus == [
                        "/api": RangeList([2, 3, 6, 7]), "/rest": RangeList([0, 1, 4, 5]),
                    ])
            }
        }
    }
}

extension LimitValue {
    fileprivate var plain: String {
        if case .text(let text) = self { return text }
        return "\(self)"
    }
}
