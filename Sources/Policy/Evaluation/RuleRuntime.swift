import CgroupModel
package import PolicyLanguage

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
        var targets: [Int] = []
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

    /// By row; the group as a whole is row 0 of a rule on the whole.
    var states: [RuleState] = []
    var instances: [Int: Instance] = [:]
    /// The rows that are looked at, in path order.
    var order: [Int] = []
    /// Whether a row belongs to the group now.
    var isMember: [Bool] = []
    var firingCount: UInt64 = 0
    var vetoCount: UInt64 = 0

    var isAggregate: Bool { rule.scope == .aggregate }
}

/// How often things happened since the engine began, and where each rule stands.
package struct PolicyMetrics: Sendable {
    /// Where a rule stands with a cgroup; nil for the group as a whole.
    package struct State: Hashable, Sendable {
        /// The rule, its cgroup and the state.
        package var rule: String, target: Effect.Target?, state: RuleState
    }

    /// Nothing yet.
    package init() {}

    /// By rule in the policy's order, then by path; idle ones are left out.
    package internal(set) var states: [State] = []
    /// How many cgroups each rule looks at.
    package internal(set) var watched: [(rule: String, count: Int)] = []
    /// Firings and repetitions of each rule.
    package internal(set) var firings: [(rule: String, count: UInt64)] = []
    /// How often each rule was kept from acting.
    package internal(set) var vetoes: [(rule: String, count: UInt64)] = []
    /// How often each budget was exhausted, by its key in the policy.
    package internal(set) var budgetHits: [(budget: String, count: UInt64)] = []
    /// Values of which two layers of equal rank want different things.
    package internal(set) var conflicts: UInt64 = 0
    /// Values that someone else changed.
    package internal(set) var drifts: UInt64 = 0
    /// Samples that were older than the one before, and were not looked at.
    package internal(set) var ignoredSamples: UInt64 = 0
    /// What pools and autosizing tell.
    package internal(set) var numbers: [LayerNumber] = []
    /// Values that are to be put back, which failed so far; it is tried again at each tick.
    package internal(set) var owed: [(target: Effect.Target, key: LimitKey)] = []
    /// Values that could not be set, and why; it is tried again.
    package internal(set) var failing: [(target: Effect.Target, key: LimitKey, reason: String)] = []
    /// Rules that are not looked at, and why.
    package internal(set) var disabled: [(rule: String, reason: String)] = []
}

/// What a tick brings.
package struct PolicyOutput: Hashable, Sendable {
    /// What is to be done, in this order; effects of one chain wait for each other.
    package var effects: [Effect] = []
    /// What is to be written to the audit log.
    package var audit: [AuditRecord] = []

    /// Nothing.
    package init() {}
}
