/// One line of the audit log; the same live, in a dry run and in a back-test.
package struct AuditRecord: Hashable, Sendable {
    /// The kind of a record.
    package enum Phase: String, Hashable, Sendable {
        /// A rule's state changed; ``note`` is `idle -> pending`.
        case state
        /// An effect was issued; its result follows as `apply`.
        case plan
        /// An action was refused; ``note`` says why.
        case veto
        /// The result of an effect, success or failure.
        case apply
        /// An effect that reverts an earlier one was issued, or its result arrived.
        case undo
        /// A value was changed by another program after cgwarden set it.
        case drift
        /// Two requests of equal rank conflict.
        case conflict
        /// The policy was loaded, reloaded or stopped.
        case policy
    }

    /// The wall-clock time of the snapshot, in microseconds since 1970.
    package var wallTime: UInt64
    /// The number of the record, counted from 1 since the engine started; 0 for a record that is
    /// not from the engine.
    package var sequence: UInt64
    /// The kind of a record.
    package var phase: Phase
    /// The part of the policy that requested the action.
    package var origin: Effect.Origin
    /// The affected cgroup; nil for the policy as a whole.
    package var target: Effect.Target?
    /// The number of the effect; nil if the record is not about one.
    package var effect: Effect.ID?
    /// The name of the action, such as `freeze` or `set`; nil for a state change.
    package var action: String?
    /// The values that a write changed.
    package var changes: [EffectResult.Change]
    /// The outcome of the effect, for the results in `apply` and `undo`.
    package var outcome: EffectResult.Outcome?
    /// Details in words.
    package var note: String?
    /// The reason for the action.
    package var cause: Cause?
    /// Whether it is a dry run, so that nothing was changed.
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

        /// Whether the rule fires, as opposed to returning from clearing to active.
        package var isFiring: Bool { to == .active && from != .clearing }
    }

    /// The state change that ``note`` describes; nil for a record of another phase.
    package var move: Move? {
        guard phase == .state, let note else { return nil }
        let parts = note.split(separator: " ", maxSplits: 3).map { $0.filter { $0 != ":" } }
        guard parts.count >= 3, let from = RuleState.allCases.first(where: { $0.text == parts[0] })
        else { return nil }
        return Move(from: from, to: RuleState.allCases.first { $0.text == parts[2] })
    }
}
