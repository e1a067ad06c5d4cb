import CgroupModel
import Testing
import TestSupport

@testable import Policy
@testable import PolicyLanguage

/// The facts about cgroups in a test.
struct TestFacts: CgroupFacts {
    var mode = HierarchyMode.v2
    var hasSystemd = true
    var seesLegacyIORoot = false
    var units: [String: String] = [:]
    var identities: [String: CgroupIdentity] = [:]
    var attributes: [String: [String: String]] = [:]
    var owners: [String: UInt32] = [:]
    var members: [String: Set<String>] = [:]
    /// Paths with why they are protected.
    var protected: [String: String] = [:]
    var held: [String: String] = [:]

    func unit(of cgroup: CgroupEntry) -> String? { units[cgroup.path.description] }
    func identity(of cgroup: CgroupEntry) -> CgroupIdentity {
        identities[cgroup.path.description] ?? CgroupIdentity(cgroup.path)
    }
    func attribute(_ name: String, of cgroup: CgroupEntry) -> String? {
        attributes[cgroup.path.description]?[name]
    }
    func owner(of cgroup: CgroupEntry) -> UInt32? { owners[cgroup.path.description] }
    func commands(of cgroup: CgroupEntry) -> Set<String> {
        members[cgroup.path.description] ?? []
    }
    func refusal(of action: DisruptiveAction, on cgroup: CgroupEntry) -> String? {
        protected[cgroup.path.description]
    }
    func hold(on cgroup: CgroupEntry) -> String? { held[cgroup.path.description] }
}

/// Runs an engine over hand-built snapshots, by default a second apart.
struct EngineRun {
    struct Cgroup {
        var path: String
        var inode: UInt64 = 0
        var values: [String: Reading]
    }

    var engine: PolicyEngine
    /// The result of an effect; by default done.
    var answer: (Effect) -> EffectResult.Outcome? = { _ in .done }
    /// Single values that end otherwise than the whole setting.
    var answerValues: (Effect) -> [LimitKey: EffectResult.Outcome] = { _ in [:] }
    /// Adds what only one test needs: the machine, instances.
    var prepare: (inout SnapshotBuilder) -> Void = { _ in }
    var guarded: [CgroupID: GuardedCgroup] = [:]
    /// The events of the next tick.
    var events: [PolicyEvent] = []
    var minute = 0
    var topology: CPUTopology?
    private(set) var effects: [(time: Double, effect: Effect)] = []
    private(set) var audit: [(time: Double, record: AuditRecord)] = []
    private var results: [EffectResult] = []
    private var ids: [String: CgroupID] = [:]

    init(
        _ policy: String, facts: TestFacts = TestFacts(), sources: [any LayerSource] = []
    ) throws {
        let document = try Self.document(policy)
        engine = PolicyEngine(
            document: document, facts: facts,
            vocabulary: { PolicyVocabulary.metric(named: $0) }, sources: sources)
    }

    init(document: PolicyDocument, facts: TestFacts = TestFacts()) {
        engine = PolicyEngine(
            document: document, facts: facts, vocabulary: { PolicyVocabulary.metric(named: $0) })
    }

    static func document(_ policy: String) throws -> PolicyDocument {
        let load = PolicyText.load("apiVersion: cgwarden/v1\n" + policy, mode: .v2)
        return try #require(
            load.document, "\(load.findings.map(\.description).joined(separator: "\n"))")
    }

    /// The identity of a cgroup that was there.
    func id(_ path: String) -> CgroupID { ids[path] ?? CgroupID(inode: 0, generation: 0) }

    @discardableResult
    mutating func tick(_ time: Double, _ cgroups: [Cgroup]) -> PolicyOutput {
        var builder = SnapshotBuilder(metrics: ["cgroup.populated", "pids.current"])
        builder.tick = UInt64(time * 10) + 1
        builder.host.memoryTotal = Reading(64 << 30)
        builder.host.cpuCount = 8
        for cgroup in cgroups {
            var values = cgroup.values
            if values["cgroup.populated"] == nil { values["cgroup.populated"] = Reading(1) }
            // A generation belongs to an inode, so the same path can be another cgroup.
            let inode = cgroup.inode == 0 ? Self.inode(of: cgroup.path) : cgroup.inode
            ids[cgroup.path] = CgroupID(inode: inode, generation: inode)
            builder.add(cgroup.path, inode: inode, generation: inode, values)
        }
        prepare(&builder)
        let input = PolicyInput(
            snapshot: builder.build(),
            time: PolicyInstant(nanoseconds: UInt64((time + 100) * 1e9)), minuteOfDay: minute,
            topology: topology, results: results, guarded: guarded, events: events)
        events = []
        return take(engine.tick(input), time)
    }

    @discardableResult
    mutating func take(_ output: PolicyOutput, _ time: Double) -> PolicyOutput {
        results = output.effects.compactMap { effect in
            answer(effect).map {
                EffectResult(id: effect.id, outcome: $0, values: answerValues(effect))
            }
        }
        effects += output.effects.map { (time, $0) }
        audit += output.audit.map { (time, $0) }
        return output
    }

    private static func inode(of path: String) -> UInt64 {
        path.utf8.reduce(1469) { ($0 &* 31 &+ UInt64($1)) % 1_000_003 } + 1
    }

    /// A cgroup with some tasks.
    @discardableResult
    mutating func tick(_ time: Double, pids: UInt64?, path: String = "/g") -> PolicyOutput {
        tick(
            time,
            [Cgroup(path: path, values: ["pids.current": pids.map { Reading($0) } ?? .malformed])])
    }

    /// The changes of state as `15 active`.
    func states(of rule: String = "r") -> [String] {
        audit.compactMap { time, record in
            guard record.phase == .state, record.origin == .rule(rule), let note = record.note,
                let state = note.split(separator: ":")[0].split(separator: " ").last
            else { return nil }
            return "\(Int(time)) \(state)"
        }
    }

    /// The effects as `10 freeze /g`.
    func acts(_ isWanted: (Effect) -> Bool = { _ in true }) -> [String] {
        effects.filter { isWanted($0.effect) }.map { time, effect in
            let detail: String =
                if case .set(let assignments) = effect.kind {
                    " " + assignments.map(\.text).joined(separator: " ")
                } else {
                    ""
                }
            return "\(Int(time)) \(effect.kind.name) \(effect.target.path)\(detail)"
        }
    }

    /// The notes of a phase of the audit log.
    func notes(_ phase: AuditRecord.Phase) -> [String] {
        audit.filter { $0.record.phase == phase }.map { "\(Int($0.time)) \($0.record.note ?? "")" }
    }

    /// The whole log as the file has it.
    var log: [UInt8] {
        var bytes: [UInt8] = []
        for entry in audit { AuditLine.append(entry.record, to: &bytes) }
        return bytes
    }
}
