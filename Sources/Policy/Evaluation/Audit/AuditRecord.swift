/// One line of the audit log; live, dry run and back-test write the same.
package struct AuditRecord: Hashable, Sendable {
    /// What the line tells.
    package enum Phase: String, Hashable, Sendable {
        /// A rule's state changed; ``note`` is `idle -> pending`.
        case state
        /// Something is going to be done.
        case plan
        /// Something is not done; ``note`` says why.
        case veto
        /// Something was done, or failed.
        case apply
        /// Something is taken back.
        case undo
        /// A value is not what a layer wants any more.
        case drift
        /// Two layers want different things.
        case conflict
        /// The policy was loaded, reloaded or left.
        case policy
    }

    /// Microseconds since 1970, of the snapshot.
    package var wallTime: UInt64
    /// Counts up in one log.
    package var sequence: UInt64
    /// What the line tells.
    package var phase: Phase
    /// Who wanted it.
    package var origin: Effect.Origin
    /// On which cgroup; nil for the policy as a whole.
    package var target: Effect.Target?
    /// The effect's number, nil where there is none.
    package var effect: Effect.ID?
    /// What is done: `freeze`, `set`; nil for a state.
    package var action: String?
    /// Values with their way.
    package var changes: [EffectResult.Change]
    /// How it ended, for `apply` and `undo`.
    package var outcome: EffectResult.Outcome?
    /// A sentence.
    package var note: String?
    /// Why.
    package var cause: Cause?
    /// Whether nothing was really done.
    package var isDryRun: Bool

    package init(
        wallTime: UInt64, sequence: UInt64, phase: Phase, origin: Effect.Origin,
        target: Effect.Target? = nil, effect: Effect.ID? = nil, action: String? = nil,
        changes: [EffectResult.Change] = [], outcome: EffectResult.Outcome? = nil,
        note: String? = nil, cause: Cause? = nil, isDryRun: Bool = false
    ) {
        self.wallTime = wallTime
        self.sequence = sequence
        self.phase = phase
        self.origin = origin
        self.target = target
        self.effect = effect
        self.action = action
        self.changes = changes
        self.outcome = outcome
        self.note = note
        self.cause = cause
        self.isDryRun = isDryRun
    }
}

extension AuditRecord {
    /// A change of a rule's state.
    package struct Move: Hashable, Sendable {
        /// The state before the change.
        package var from: RuleState
        /// Nil if the cgroup is gone.
        package var to: RuleState?

        /// Whether the rule acts anew, rather than again after it was about to end.
        package var isFiring: Bool { to == .active && from != .clearing }
    }

    /// How a rule's state changed; nil if the line tells of something else.
    package var move: Move? {
        guard phase == .state, let note else { return nil }
        let parts = note.split(separator: " ", maxSplits: 3).map { $0.filter { $0 != ":" } }
        guard parts.count >= 3, let from = RuleState.allCases.first(where: { $0.text == parts[0] })
        else { return nil }
        return Move(from: from, to: RuleState.allCases.first { $0.text == parts[2] })
    }
}
