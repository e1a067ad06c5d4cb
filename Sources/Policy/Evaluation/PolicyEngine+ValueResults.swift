import CgroupModel

/// What is made of the answers to writes and to restores.
extension PolicyEngine {
    private static let second: UInt64 = 1_000_000_000
    private static let valueRest: UInt64 = 300 * second
    private static let refusedRest: UInt64 = 60 * second

    mutating func takeSet(
        _ assignments: [LimitAssignment], _ result: EffectResult, _ effect: Effect, _ row: Int
    ) {
        for assignment in assignments {
            guard
                let place = holdings[row].values.firstIndex(where: {
                    $0.key == assignment.key && $0.inFlight == effect.id
                })
            else { continue }
            holdings[row].values[place].inFlight = nil
            holdings[row].values[place].isDirty = true
            holdings[row].values[place].isMissing = false
            let outcome = result.values[assignment.key] ?? result.outcome
            switch outcome {
            case .done, .partial, .ineffective:
                holdings[row].values[place].failure = nil
                let change = result.changes.first { $0.key == assignment.key }
                holdings[row].values[place].applied = assignment.value
                holdings[row].values[place].readBack = change?.readBack
                holdings[row].values[place].isConfirmed = false
                holdings[row].values[place].tries = 0
                if holdings[row].values[place].original == nil {
                    holdings[row].values[place].original = change?.found
                }
            case .halfway:
                // What of it stands is taken back until that succeeds; that is told here.
                let change = result.changes.first { $0.key == assignment.key }
                if change.map({ $0.before != $0.after }) ?? true {
                    holdings[row].values[place].applied = assignment.value
                    holdings[row].values[place].tries = 1
                }
                holdings[row].values[place].wishes.removeAll { $0.origin == effect.origin }
            case .failed(let failure), .rolledBack(let failure):
                postpone(row, place, failure)
                note(failure.message, row, place, effect, isAlone: outcome != result.outcome)
            case .vetoed(let reason):
                note(reason, row, place, effect, isAlone: outcome != result.outcome)
                rest(row, place, effect)
            case .skipped: rest(row, place, effect)
            // If the cgroup is there in the next snapshot, it was only renamed.
            case .gone: holdings[row].values[place].retryAt = now + Self.second
            case .hung: holdings[row].values[place].retryAt = now + Self.valueRest
            }
        }
        if case .halfway(let failure) = result.outcome { alert(row, effect, failure.message) }
    }

    /// What a layer below the rules wants is tried again later.
    private mutating func rest(_ row: Int, _ place: Int, _ effect: Effect) {
        guard effect.origin.layer == .rules else {
            holdings[row].values[place].retryAt = now + Self.refusedRest
            return
        }
        holdings[row].values[place].wishes.removeAll { $0.origin == effect.origin }
    }

    /// Remembers why a value could not be set, and tells people once.
    ///
    /// A rule that gets nowhere is told of when it is suspended.
    private mutating func note(
        _ reason: String, _ row: Int, _ place: Int, _ effect: Effect, isAlone: Bool
    ) {
        let isTold = holdings[row].values[place].failure != nil
        holdings[row].values[place].failure = reason
        guard !isTold, isAlone || effect.origin.layer != .rules else { return }
        emit(
            .notify(
                sinks: ["journald"], level: .warning,
                text: "\(effect.target.path): \(holdings[row].values[place].key) of "
                    + "\(effect.origin.text) could not be set and is tried again: \(reason)"),
            effect.origin, row, effect.cause, isDryRun: effect.isDryRun)
    }

    private mutating func postpone(_ row: Int, _ place: Int, _ failure: EffectResult.Failure) {
        let tries = holdings[row].values[place].tries
        holdings[row].values[place].isMissing = actual(holdings[row].values[place].key, row) == nil
        switch Self.remedy(failure) {
        case .again: break
        case .retry where tries < 3:
            holdings[row].values[place].retryAt = now + Self.second << UInt64(tries)
            holdings[row].values[place].tries = tries + 1
        case .retry, .leaveValue, .suspendRule, .gone:
            holdings[row].values[place].retryAt = now + Self.valueRest
            holdings[row].values[place].tries = 0
        }
    }

    mutating func takeRestore(
        _ keys: [LimitKey], _ result: EffectResult, _ effect: Effect, _ row: Int
    ) {
        var isFirstFailure = false
        for key in keys {
            guard
                let place = holdings[row].values.firstIndex(where: {
                    $0.key == key && $0.inFlight == effect.id
                })
            else { continue }
            holdings[row].values[place].inFlight = nil
            holdings[row].values[place].isDirty = true
            if result.outcome == .gone {
                // If the cgroup is there in the next snapshot, it was only renamed.
                continue
            } else if result.outcome.isTakenBack {
                holdings[row].values[place].applied = nil
                holdings[row].values[place].tries = 0
            } else {
                isFirstFailure = isFirstFailure || holdings[row].values[place].tries == 0
                holdings[row].values[place].tries += 1
            }
        }
        if isFirstFailure {
            alert(row, effect, result.outcome.failure?.message ?? "it was not taken back")
        }
    }

    /// Tells people once that something could not be taken back.
    private mutating func alert(_ row: Int, _ effect: Effect, _ message: String) {
        emit(
            .notify(
                sinks: ["journald"], level: .error,
                text: "\(effect.target.path): \(effect.kind.name) of \(effect.origin.text) is "
                    + "tried again until it succeeds: \(message)"),
            effect.origin, row, effect.cause, isDryRun: effect.isDryRun)
    }
}
