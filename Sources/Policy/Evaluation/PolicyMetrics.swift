package import PolicyLanguage

/// How often things happened since the engine began, and where each rule stands.
package struct PolicyMetrics: Sendable {
    /// Where a rule stands with a cgroup; nil for the group as a whole.
    package struct State: Hashable, Sendable {
        /// The rule, its cgroup and its state.
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
    /// Times that each rule was kept from acting.
    package internal(set) var vetoes: [(rule: String, count: UInt64)] = []
    /// How often each budget was exhausted, by its key in the policy.
    package internal(set) var budgetHits: [(budget: String, count: UInt64)] = []
    /// Values of which two layers of equal rank want different things.
    package internal(set) var conflicts: UInt64 = 0
    /// Values changed by other programs.
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
