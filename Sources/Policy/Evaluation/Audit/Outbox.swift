import CgroupModel
import PolicyLanguage

/// Numbers effects and chains, collects the effects of one tick, and remembers which of them have
/// no result yet.
struct Outbox: Sendable {
    /// An effect whose result has not arrived.
    struct Unanswered: Sendable {
        let effect: Effect
        let row: Row
    }

    private var effects: [Effect] = []
    private var unanswered: [Effect.ID: Unanswered] = [:]
    private var nextEffect: Effect.ID = 1
    private var nextChain: UInt64 = 1
    /// Whether the whole policy is a dry run.
    var isDryRun: Bool

    init(isDryRun: Bool) { self.isDryRun = isDryRun }

    /// Returns the number of a new chain.
    mutating func newChain() -> UInt64 {
        nextChain += 1
        return nextChain - 1
    }

    /// Queues an effect on a row's cgroup and records it; without `chain` it gets a new one.
    @discardableResult
    mutating func send(
        _ kind: Effect.Kind, _ origin: Effect.Origin, _ row: Row, _ target: Effect.Target,
        _ cause: Cause, chain: UInt64? = nil, isUndo: Bool = false, isDryRun: Bool = false,
        continuesOnError: Bool = false, isTogether: Bool = false, _ trail: inout AuditTrail
    ) -> Effect.ID {
        let effect = Effect(
            id: nextEffect, origin: origin, target: target, kind: kind, isUndo: isUndo,
            isDryRun: isDryRun || self.isDryRun, chain: chain ?? newChain(),
            continuesOnError: continuesOnError, isTogether: isTogether, cause: cause)
        nextEffect += 1
        effects.append(effect)
        // The engine does not wait for the result of a notification.
        if effect.kind.changesCgroup {
            unanswered[effect.id] = Unanswered(effect: effect, row: row)
        }
        trail.record(
            isUndo ? .undo : .plan, origin, target, effect: effect.id, action: kind.name,
            note: kind.text, cause: cause, isDryRun: effect.isDryRun)
        return effect.id
    }

    /// Removes and returns the effects since the last call.
    mutating func take() -> [Effect] {
        let taken = effects
        effects = []
        return taken
    }

    /// Returns the effect that a result belongs to; nil if its result has already arrived, or if
    /// its cgroup is gone.
    func unanswered(_ id: Effect.ID) -> Unanswered? { unanswered[id] }

    /// The rows with a thaw whose result has not arrived, excluding dry runs.
    var rowsBeingThawed: Set<Row> {
        Set(
            unanswered.values.filter { $0.effect.kind == .thaw && !$0.effect.isDryRun }.map(\.row))
    }

    /// Marks an effect as answered.
    mutating func close(_ id: Effect.ID) { unanswered[id] = nil }

    /// Stops waiting for results of effects on a row's cgroup.
    mutating func forget(_ row: Row) { unanswered = unanswered.filter { $0.value.row != row } }

    /// Stops waiting for any result.
    mutating func forgetAll() { unanswered = [:] }
}
