import CgroupModel
import PolicyLanguage

/// The state of a rule for a cgroup.
package enum RuleState: UInt8, Hashable, Sendable, CaseIterable {
    case idle, pending, blocked, active, clearing, relaxing, cooldown, suspended

    /// Whether reports count the rule as active; that includes clearing.
    package var isActive: Bool { self == .active || self == .clearing }

    /// The name in the audit log and in metrics.
    package var text: String {
        switch self {
        case .idle: "idle"
        case .pending: "pending"
        case .blocked: "blocked"
        case .active: "active"
        case .clearing: "clearing"
        case .relaxing: "relaxing"
        case .cooldown: "cooldown"
        case .suspended: "suspended"
        }
    }
}

/// A compiled rule with its state for each cgroup of its group.
struct RuleRuntime: Sendable {
    /// The details of the state for one cgroup, or for the group as a whole.
    struct Instance: Sendable {
        /// When the state began.
        var since: UInt64 = 0
        /// For how long the condition has been true, excluding times in which it was unknown.
        var timer: UInt64 = 0
        var unknownTime: UInt64 = 0
        var activeSince: UInt64 = 0
        var nextRepeat: UInt64 = 0
        var repeats = 0
        /// When the next step back is due.
        var nextStep: UInt64 = 0
        /// Whether the condition became true again while the rule was relaxing.
        var isRelapse = false
        /// The rows that were acted on.
        var targets: [Row] = []
        /// Why it is blocked or suspended.
        var reason: String?
        /// The factor that extends `until_for` because the rule flapped: 1 to 8.
        var growth: UInt64 = 1
        /// When the last three firings ended.
        var firings: [UInt64] = []
        /// The factor that extends the next cooldown.
        var cooldownFactor: UInt64 = 1
        var failures = 0
        var ineffective = 0
        var suspensions = 0
        /// The usage at the first firing, to determine whether lowering the limit has an effect.
        var usageAtFirst: Double?
        /// What failed since it last acted.
        var failure: String?
        /// The last recorded reason why a repetition was refused.
        var told: String?
    }

    let rule: Rule
    let origin: Effect.Origin
    /// Why it is never evaluated; nil if it is.
    var disabled: String?
    /// The features that the host must have for the rule to start anything.
    var needs: [Requirement] = []
    var when = Program()
    var until = Program()
    var repeatWhile = Program()
    var victimOrder = Program()
    /// The usage for each action that scales by usage, by index of the action.
    var usages: [Int: Program] = [:]
    let isDryRun: Bool

    /// The states by row; an aggregate rule has only ``Row/whole``.
    var states = Table<Row, RuleState>()
    var instances: [Row: Instance] = [:]
    var rows = RuleRows()
    var firingCount: UInt64 = 0
    var vetoCount: UInt64 = 0

    var isAggregate: Bool { rule.scope == .aggregate }

    /// Whether the rule can report an event of a cgroup that is gone, because the event alone
    /// triggers it.
    var reportsDeparted: Bool {
        guard disabled == nil, !isAggregate, rule.holdTime == .zero, let event = rule.event,
            rule.when == .happened(event)
        else { return false }
        return rule.actions.contains(where: \.kind.isNotice)
    }

    /// The maximum number of cgroups that one firing acts on.
    var mostTargets: Int { isAggregate ? rule.victims?.take ?? .max : 1 }

    /// Keeps the state of the same rule in the previous policy.
    mutating func keepState(of old: RuleRuntime) {
        states = old.states
        instances = old.instances
        rows = old.rows
        firingCount = old.firingCount
        vetoCount = old.vetoCount
    }

    /// Returns what the rule requires but the host lacks now; nil if nothing.
    ///
    /// Meanwhile the rule starts nothing; what it started continues.
    func lack(_ sight: Sight) -> String? {
        guard !needs.isEmpty, let host = sight.input?.snapshot.host else { return nil }
        return needs.first { Self.isLacking($0, host, sight.facts) }
            .map { "requires \($0.rawValue)" }
    }

    private static func isLacking(
        _ need: Requirement, _ host: HostSample, _ facts: any CgroupFacts
    ) -> Bool {
        switch need {
        case .psi:
            [host.cpuPressure, host.memoryPressure, host.ioPressure].allSatisfy {
                $0 == .absent || $0 == .unsupported
            }
        case .swap: host.swapTotal.value == 0
        case .systemd: !facts.hasSystemd
        case .v1, .v2, .hybrid: false
        }
    }
}
