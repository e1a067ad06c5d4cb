import CgroupModel
import PolicyLanguage

/// Where a rule stands with one cgroup.
package enum RuleState: UInt8, Hashable, Sendable, CaseIterable {
    case idle, pending, blocked, active, clearing, relaxing, cooldown, suspended

    /// Whether a report counts the rule as active, also while it waits for its condition to clear.
    package var isActive: Bool { self == .active || self == .clearing }

    /// As the audit log and the exporter write it.
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

/// A rule with what it knows of each cgroup of its group.
struct RuleRuntime: Sendable {
    /// What is known of one cgroup (or of the group as a whole) beside the state.
    struct Instance: Sendable {
        /// When the state began.
        var since: UInt64 = 0
        /// For how long the condition held, without the times in which nobody knew.
        var timer: UInt64 = 0
        var unknownTime: UInt64 = 0
        var activeSince: UInt64 = 0
        var nextRepeat: UInt64 = 0
        var repeats = 0
        /// When the next step back is due.
        var nextStep: UInt64 = 0
        /// Whether the condition came back while it was stepping back.
        var isRelapse = false
        /// The rows that were acted on.
        var targets: [Row] = []
        /// Why it is blocked or suspended.
        var reason: String?
        /// How much longer than written it holds, for it went to and fro.
        var growth: UInt64 = 1
        /// The last three firings.
        var firings: [UInt64] = []
        /// How much longer than written the next rest is.
        var cooldownFactor: UInt64 = 1
        var failures = 0
        var ineffective = 0
        var suspensions = 0
        /// What was used when it fired first, to see whether squeezing brings anything.
        var usageAtFirst: Double?
        /// What of it failed since it acted last.
        var failure: String?
        /// What was last told of a repetition that was not done.
        var told: String?
    }

    let rule: Rule
    let origin: Effect.Origin
    /// Why it is never looked at.
    var disabled: String?
    /// What the machine must have for it to begin anything.
    var needs: [Requirement] = []
    var when = Program()
    var until = Program()
    var repeatWhile = Program()
    var victimOrder = Program()
    /// For each action that scales by usage, the usage.
    var usages: [Int: Program] = [:]
    let isDryRun: Bool

    /// A rule on its group as a whole has ``Row/whole`` alone.
    var states = Table<Row, RuleState>()
    var instances: [Row: Instance] = [:]
    /// The rows that are looked at, in path order.
    var order: [Row] = []
    /// Whether a row belongs to the group now.
    var isMember = Table<Row, Bool>()
    var firingCount: UInt64 = 0
    var vetoCount: UInt64 = 0

    var isAggregate: Bool { rule.scope == .aggregate }

    /// On how many cgroups it acts at once.
    var mostTargets: Int { isAggregate ? rule.victims?.take ?? .max : 1 }

    /// Goes on where the same rule of another policy is.
    mutating func keepState(of old: RuleRuntime) {
        states = old.states
        instances = old.instances
        order = old.order
        isMember = old.isMember
        firingCount = old.firingCount
        vetoCount = old.vetoCount
    }

    /// What the rule needs and the machine does not have now: until it does, the rule begins
    /// nothing; what it has begun goes on to its end.
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
