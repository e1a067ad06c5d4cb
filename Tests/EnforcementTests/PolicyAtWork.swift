import Actuation
import CgroupModel
import Configuration
import Policy
import PolicyLanguage
import TestSupport

@testable import Enforcement

/// The cgroups have only metrics, no other facts.
struct PlainFacts: CgroupFacts {
    var mode: HierarchyMode { .v1 }
    func unit(of cgroup: CgroupEntry) -> String? { nil }
    func identity(of cgroup: CgroupEntry) -> CgroupIdentity { CgroupIdentity(cgroup.path) }
    func attribute(_ name: String, of cgroup: CgroupEntry) -> String? { nil }
    func owner(of cgroup: CgroupEntry) -> UInt32? { nil }
    func commands(of cgroup: CgroupEntry) -> Set<String> { [] }
    func refusal(of action: DisruptiveAction, on cgroup: CgroupEntry) -> String? { nil }
    func hold(on cgroup: CgroupEntry) -> String? { nil }
}

/// A policy at work on a machine of plain files: the engine decides at each tick, and what it wants
/// done is done to the files.
struct PolicyAtWork {
    private(set) var engine: PolicyEngine
    private let machine: FakeMachine
    private let paths: [String]
    /// Answers the effects of a tick.
    private let perform: ([Effect]) -> [EffectResult]
    private var results: [EffectResult] = []
    private(set) var audit: [(time: Int, record: AuditRecord)] = []
    private(set) var effects: [(time: Int, effect: Effect)] = []

    init(
        _ document: PolicyDocument, on machine: FakeMachine, _ paths: [String] = ["/a"],
        perform: @escaping ([Effect]) -> [EffectResult]
    ) {
        self.machine = machine
        self.paths = paths
        self.perform = perform
        engine = PolicyEngine(
            document: document, facts: PlainFacts(),
            vocabulary: PolicyVocabulary.metric(named:))
    }

    /// Each effect is done before the tick ends.
    init(
        _ document: PolicyDocument, on machine: FakeMachine, _ actions: KernelActions,
        _ paths: [String] = ["/a"]
    ) {
        self.init(document, on: machine, paths) { effects in
            effects.flatMap { effect -> [EffectResult] in
                switch effect.kind {
                case .notify, .log, .hook: [EffectResult(id: effect.id, outcome: .done)]
                default: actions.perform([effect], pause: { _ in })
                }
            }
        }
    }

    mutating func tick(_ time: Int, pids: UInt64 = 95) throws {
        var builder = SnapshotBuilder(metrics: ["cgroup.populated", "pids.current"])
        builder.tick = UInt64(time) + 1
        for path in paths {
            let inode = try machine.target(path).cgroup.inode
            builder.add(
                path, inode: inode, generation: 1,
                ["cgroup.populated": Reading(1), "pids.current": Reading(pids)])
        }
        let output = engine.tick(
            PolicyInput(
                snapshot: builder.build(),
                time: PolicyInstant(nanoseconds: UInt64(time + 100) * 1_000_000_000),
                minuteOfDay: 0, results: results))
        audit += output.audit.map { (time, $0) }
        effects += output.effects.map { (time, $0) }
        results = perform(output.effects)
    }

    /// How effects of a kind ended, as `0 rolledBack EACCES`.
    func ends(of kind: String) -> [String] {
        audit.filter { $0.record.action == kind }.compactMap { time, record in
            record.outcome.map { outcome in
                ["\(time)", outcome.word, outcome.errno?.name].compactMap(\.self).joined(
                    separator: " ")
            }
        }
    }

    func times(of kind: String) -> [Int] {
        effects.filter { $0.effect.kind.name == kind }.map(\.time)
    }
}

extension PolicyDocument {
    /// Sets values of every cgroup: for good, or by a rule for as long as it has many tasks.
    static func setting(
        _ settings: [LimitAssignment], byRule: Bool, isTogether: Bool = false
    ) -> PolicyDocument {
        let position = ConfigPosition(file: "p", line: 1, column: 1)
        var document = PolicyDocument()
        var group = CgroupGroup(name: "g", position: position)
        group.paths = [PathPattern("/**")].compactMap(\.self)
        document.groups = [group]
        let settings = settings.map { Setting.limit($0.key, $0.value) }
        guard byRule else {
            document.limits = [
                StandingLimits(
                    position: position, group: "g", settings: settings, isTogether: isTogether)
            ]
            return document
        }
        let level = Expression.metric(MetricTerm("pids.current"))
        var rule = Rule(
            name: "r", position: position, group: "g",
            when: .comparison(level, .greater, .literal(90, .count)),
            until: .comparison(level, .less, .literal(80, .count)))
        rule.cooldown = .seconds(1)
        rule.actions = [RuleAction(.set(settings), isTogether: isTogether)]
        document.rules = [rule]
        return document
    }
}
