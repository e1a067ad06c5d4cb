import CgroupModel
import PolicyLanguage

/// Handles the results of writes and restores.
extension CgroupValues {
    private static let second: UInt64 = 1_000_000_000
    private static let valueRest: UInt64 = 300 * second
    private static let refusedRest: UInt64 = 60 * second

    /// Handles the result of a write.
    mutating func takeSet(
        _ assignments: [LimitAssignment], _ result: EffectResult, _ effect: Effect, _ row: Row,
        _ sight: Sight, _ outbox: inout Outbox, _ trail: inout AuditTrail
    ) {
        for assignment in assignments {
            guard
                let slot = slots.firstIndex(where: {
                    $0.key == assignment.key && $0.inFlight == effect.id
                })
            else { continue }
            slots[slot].inFlight = nil
            slots[slot].isDirty = true
            slots[slot].isMissing = false
            let outcome = result.values[assignment.key] ?? result.outcome
            switch outcome {
            case .done, .partial, .ineffective:
                slots[slot].failure = nil
                let change = result.changes.first { $0.key == assignment.key }
                slots[slot].applied = assignment.value
                slots[slot].readBack = change?.readBack
                slots[slot].isConfirmed = false
                slots[slot].tries = 0
                if slots[slot].original == nil {
                    slots[slot].original = change?.found
                }
            case .halfway:
                // Retry until the value is reverted; the alert is sent below.
                let change = result.changes.first { $0.key == assignment.key }
                if change.map({ $0.before != $0.after }) ?? true {
                    slots[slot].applied = assignment.value
                    slots[slot].tries = 1
                }
                slots[slot].requests.removeAll { $0.origin == effect.origin }
            case .failed(let failure), .rolledBack(let failure):
                postpone(row, slot, failure, sight)
                note(
                    failure.message, row, slot, effect, isAlone: outcome != result.outcome,
                    sight, &outbox, &trail)
            case .vetoed(let reason):
                note(
                    reason, row, slot, effect, isAlone: outcome != result.outcome, sight,
                    &outbox, &trail)
                rest(row, slot, effect, at: sight.now)
            case .skipped: rest(row, slot, effect, at: sight.now)
            // If the cgroup is there in the next snapshot, it was only renamed.
            case .gone: slots[slot].retryAt = sight.now + Self.second
            case .hung: slots[slot].retryAt = sight.now + Self.valueRest
            }
        }
        if case .halfway(let failure) = result.outcome {
            alert(row, effect, failure.message, sight, &outbox, &trail)
        }
    }

    /// Drops the request of a rule; the request of another layer is retried later.
    private mutating func rest(
        _ row: Row, _ slot: ValueSlot, _ effect: Effect, at now: UInt64
    ) {
        guard effect.origin.layer == .rules else {
            slots[slot].retryAt = now + Self.refusedRest
            return
        }
        slots[slot].requests.removeAll { $0.origin == effect.origin }
    }

    /// Records why a value could not be set, and notifies once.
    ///
    /// If the whole write of a rule failed, the notification comes when the rule is suspended.
    private mutating func note(
        _ reason: String, _ row: Row, _ slot: ValueSlot, _ effect: Effect, isAlone: Bool,
        _ sight: Sight, _ outbox: inout Outbox, _ trail: inout AuditTrail
    ) {
        let isTold = slots[slot].failure != nil
        slots[slot].failure = reason
        guard !isTold, isAlone || effect.origin.layer != .rules else { return }
        outbox.send(
            .notify(
                sinks: ["journald"], level: .warning,
                text: "\(effect.target.path): \(slots[slot].key) of "
                    + "\(effect.origin.text) could not be set and is retried: \(reason)"),
            effect.origin, row, sight.target(row), effect.cause, isDryRun: effect.isDryRun, &trail)
    }

    private mutating func postpone(
        _ row: Row, _ slot: ValueSlot, _ failure: EffectResult.Failure, _ sight: Sight
    ) {
        let tries = slots[slot].tries
        slots[slot].isMissing = sight.actual(slots[slot].key, row) == nil
        switch Remedy(failure) {
        case .again: break
        case .retry where tries < 3:
            slots[slot].retryAt = sight.now + Self.second << UInt64(tries)
            slots[slot].tries = tries + 1
        case .retry, .leaveValue, .suspendRule, .gone:
            slots[slot].retryAt = sight.now + Self.valueRest
            slots[slot].tries = 0
        }
    }

    /// Handles the result of a restore.
    mutating func takeRestore(
        _ keys: [LimitKey], _ result: EffectResult, _ effect: Effect, _ row: Row, _ sight: Sight,
        _ outbox: inout Outbox, _ trail: inout AuditTrail
    ) {
        var isFirstFailure = false
        for key in keys {
            guard
                let slot = slots.firstIndex(where: {
                    $0.key == key && $0.inFlight == effect.id
                })
            else { continue }
            slots[slot].inFlight = nil
            slots[slot].isDirty = true
            if result.outcome == .gone {
                // If the cgroup is there in the next snapshot, it was only renamed.
                continue
            } else if result.outcome.isTakenBack {
                slots[slot].applied = nil
                slots[slot].tries = 0
            } else {
                isFirstFailure = isFirstFailure || slots[slot].tries == 0
                slots[slot].tries += 1
            }
        }
        if isFirstFailure {
            alert(
                row, effect, result.outcome.failure?.message ?? "it was not undone", sight,
                &outbox, &trail)
        }
    }

    /// Notifies that a change could not be reverted.
    private func alert(
        _ row: Row, _ effect: Effect, _ message: String, _ sight: Sight, _ outbox: inout Outbox,
        _ trail: inout AuditTrail
    ) {
        outbox.send(
            .notify(
                sinks: ["journald"], level: .error,
                text: "\(effect.target.path): \(effect.kind.name) of \(effect.origin.text) is "
                    + "retried until it succeeds: \(message)"),
            effect.origin, row, sight.target(row), effect.cause, isDryRun: effect.isDryRun, &trail)
    }
}
