import CgroupModel
import Synchronization
import Testing

@testable import Policy
@testable import PolicyLanguage

/// Facts that become known during ticks.
private final class LateFacts: CgroupFacts {
    private let isFound = Atomic(false)
    private let asked = Atomic(0)

    let mode = HierarchyMode.v2
    func find() { isFound.store(true, ordering: .relaxed) }
    var questions: Int { asked.load(ordering: .relaxed) }

    func isSettled(_ cgroup: CgroupEntry) -> Bool { isFound.load(ordering: .relaxed) }
    func identity(of cgroup: CgroupEntry) -> CgroupIdentity {
        asked.add(1, ordering: .relaxed)
        var identity = CgroupIdentity(cgroup.path)
        identity.containerID = "abc"
        if isSettled(cgroup) { identity.container = "web" }
        return identity
    }
    func unit(of cgroup: CgroupEntry) -> String? { nil }
    func attribute(_ name: String, of cgroup: CgroupEntry) -> String? { nil }
    func owner(of cgroup: CgroupEntry) -> UInt32? { nil }
    func commands(of cgroup: CgroupEntry) -> Set<String> { [] }
    func refusal(of action: DisruptiveAction, on cgroup: CgroupEntry) -> String? { nil }
    func hold(on cgroup: CgroupEntry) -> String? { nil }
}

/// No tick waits for a name; the group has the cgroup in the first tick after it came.
@Suite struct LateFactsTests {
    private func run(_ facts: LateFacts) throws -> EngineRun {
        let policy = """
            groups: {web: {container: {name: web}}}
            limits: [{on: web, set: {pids.max: 100}}]
            """
        var run = try EngineRun(policy)
        run.engine = PolicyEngine(
            document: try EngineRun.document(policy), facts: facts,
            vocabulary: { PolicyVocabulary.metric(named: $0) })
        return run
    }

    private static let cgroups = [EngineRun.Cgroup(path: "/a", values: [:])]

    @Test func groupMatchesInTheTickAfterANameIsFound() throws {
        let facts = LateFacts()
        var run = try run(facts)
        for time in 0..<3 { run.tick(Double(time), Self.cgroups) }
        #expect(run.effects.isEmpty)
        facts.find()
        run.tick(3, Self.cgroups)
        #expect(run.effects.map(\.time) == [3])
    }

    @Test func knownNamesAreNotLookedUpInEachTick() throws {
        let facts = LateFacts()
        var run = try run(facts)
        facts.find()
        for time in 0..<9 { run.tick(Double(time), Self.cgroups) }
        #expect(facts.questions == 1)
    }
}
