package import PolicyLanguage

/// Counts since the engine started, and the state of each rule.
package struct PolicyMetrics: Sendable {
    /// The state of a rule for a cgroup; `target` is nil for the group as a whole.
    package struct State: Hashable, Sendable {
        /// The rule, its cgroup and its state.
        package var rule: String, target: Effect.Target?, state: RuleState
    }

    /// Creates empty metrics.
    package init() {}

    /// The states other than idle, by name of the rule, then by path.
    package internal(set) var states: [State] = []
    /// The number of cgroups that each rule evaluates.
    package internal(set) var watched: [(rule: String, count: Int)] = []
    /// Firings and repetitions of each rule.
    package internal(set) var firings: [(rule: String, count: UInt64)] = []
    /// The number of times that each rule was refused.
    package internal(set) var vetoes: [(rule: String, count: UInt64)] = []
    /// The number of times that each budget was exhausted, by its key in the policy.
    package internal(set) var budgetHits: [(budget: String, count: UInt64)] = []
    /// The number of conflicts between requests of equal rank.
    package internal(set) var conflicts: UInt64 = 0
    /// The number of times that another program changed a value or thawed a cgroup.
    package internal(set) var drifts: UInt64 = 0
    /// The newest of those changes, the last one last.
    package internal(set) var recentDrifts: [AuditRecord] = []
    /// The number of snapshots ignored because they were not newer than the one before.
    package internal(set) var ignoredSamples: UInt64 = 0
    /// Values that could not be restored so far; the restore is retried at each tick.
    package internal(set) var owed: [(target: Effect.Target, key: LimitKey)] = []
    /// Values that could not be set, and why; the write is retried.
    package internal(set) var failing: [(target: Effect.Target, key: LimitKey, reason: String)] = []
    /// Rules that are not evaluated, and why.
    package internal(set) var disabled: [(rule: String, reason: String)] = []
}

/// The output of a tick.
package struct PolicyOutput: Hashable, Sendable {
    /// The effects to perform, in order; each effect of a chain waits for the one before.
    package var effects: [Effect] = []
    /// The records for the audit log.
    package var audit: [AuditRecord] = []

    /// Creates an empty output.
    package init() {}
}
