import CgroupModel

/// What is made of the answers to effects.
extension PolicyEngine {
    private static let victimRest: UInt64 = 60_000_000_000

    /// What a failure asks for.
    enum Remedy {
        /// Again after one, two and four seconds.
        case retry
        case again
        /// The value is left alone for five minutes.
        case leaveValue
        /// The plan was wrong: the rule is suspended.
        case suspendRule
        case gone
    }

    static func remedy(_ failure: EffectResult.Failure) -> Remedy {
        guard let errno = failure.errno else { return .retry }
        if errno.isInterrupted { return .again }
        if errno.isPermission || errno.isReadOnly { return .leaveValue }
        if errno.isInvalid || errno.isOutOfRange || errno.isNoSpace || errno.isUnsupported {
            return .suspendRule
        }
        return errno.isGone ? .gone : .retry
    }

    mutating func takeResults(_ results: [EffectResult]) {
        for result in results { take(result) }
    }

    private mutating func take(_ result: EffectResult) {
        guard let known = inFlight[result.id] else { return }
        let (effect, row) = (known.effect, known.row)
        record(
            effect.isUndo ? .undo : .apply, effect.origin, row, effect: effect.id,
            action: effect.kind.name, changes: result.changes, outcome: result.outcome,
            isDryRun: effect.isDryRun)
        if result.outcome == .hung {
            holdings[row].hung = result.id
            return
        }
        inFlight[result.id] = nil
        if holdings[row].hung == result.id { holdings[row].hung = nil }
        for place in sources.indices where sources[place].layer == effect.origin.layer {
            sources[place].took(result, of: effect)
        }
        switch effect.kind {
        case .set(let assignments): takeSet(assignments, result, effect, row)
        case .restore(let keys): takeRestore(keys, result, effect, row)
        case .freeze:
            if !result.outcome.isSuccess, let place = rule(of: effect) {
                endFreeze(place, row, effect)
            }
        case .thaw:
            holdings[row].owesThaw = !result.outcome.isTakenBack
            if holdings[row].owesThaw { thawAgain(effect, row) }
        case .reclaim, .kill:
            if case .ineffective = result.outcome {
                holdings[row].excludedUntil = now + Self.victimRest
            }
        case .hook, .notify, .log: break
        }
        goOn(after: result, effect, row)
        if let place = rule(of: effect), !effect.isUndo { judge(place, row, result, effect) }
    }

    /// A freeze failed, or could not be prolonged: then it ends, for nobody sees to its end.
    private mutating func endFreeze(_ place: Int, _ row: Int, _ effect: Effect) {
        if holdings[row].claims.contains(where: { $0.rule == place && $0.awaitsKill }) {
            thaw(row, effect.cause, origin: effect.origin) { $0.rule == place }
            return rest(
                place, rules[place].isAggregate ? 0 : row, "it could not be kept frozen",
                cooldownFactor: 1)
        }
        holdings[row].claims.removeAll { $0.rule == place }
        if holdings[row].owesThaw { thawAgain(effect, row) }
    }

    /// Thaws what should not be frozen any more, unless a rule wants it frozen again.
    private mutating func thawAgain(_ effect: Effect, _ row: Int) {
        guard !holdings[row].claims.contains(where: { $0.isDryRun == effect.isDryRun }) else {
            return
        }
        emit(
            .thaw, effect.origin, row, effect.cause, isUndo: true, isDryRun: effect.isDryRun)
    }

    private func rule(of effect: Effect) -> Int? {
        guard case .rule(let name) = effect.origin else { return nil }
        return rules.firstIndex { $0.rule.name == name }
    }

    /// The rest of a chain, if what it waited for went well.
    private mutating func goOn(after result: EffectResult, _ effect: Effect, _ row: Int) {
        guard let rest = waiting.removeValue(forKey: effect.id),
            result.outcome.isSuccess || effect.continuesOnError
        else { return }
        ready.append(rest)
    }

    // MARK: Rules

    /// Counts what went well and what did not, and suspends a rule that gets nowhere.
    private mutating func judge(
        _ place: Int, _ row: Int, _ result: EffectResult, _ effect: Effect
    ) {
        let instanceRow = rules[place].isAggregate ? 0 : row
        // A rule of this name may be another one since a reload, which knows nothing of the cgroup.
        guard effect.kind.changesCgroup, var instance = rules[place].instances[instanceRow],
            rules[place].states[instanceRow] != .suspended
        else { return }
        let action = "\(effect.kind.name): "
        if let failure = result.outcome.failure {
            instance.failure = action + failure.message
        } else if result.outcome.isSuccess, instance.failure?.hasPrefix(action) == true {
            instance.failure = nil
        }
        rules[place].instances[instanceRow] = instance
        // A program that fails says nothing about what the rule does to the cgroup.
        if case .hook = effect.kind, result.outcome.failure != nil { return }
        switch result.outcome {
        case .done, .partial:
            (instance.failures, instance.ineffective, instance.suspensions) = (0, 0, 0)
        case .ineffective(let reason):
            instance.ineffective += 1
            if instance.ineffective >= 3 {
                suspend(place, instanceRow, &instance, "three times without effect: \(reason)")
            }
        case .failed(let failure), .rolledBack(let failure), .halfway(let failure):
            fail(place, row, instanceRow, &instance, failure, effect)
        case .vetoed(let reason):
            rules[place].vetoCount += 1
            let isFreeze = effect.kind.name == "freeze"
            return rest(place, instanceRow, reason, cooldownFactor: isFreeze ? 2 : 1)
        case .gone, .hung, .skipped: return
        }
        rules[place].instances[instanceRow] = instance
    }

    private mutating func fail(
        _ place: Int, _ row: Int, _ instanceRow: Int, _ instance: inout RuleRuntime.Instance,
        _ failure: EffectResult.Failure, _ effect: Effect
    ) {
        switch Self.remedy(failure) {
        case .again, .gone: return
        case .suspendRule:
            return suspend(place, instanceRow, &instance, "the plan is wrong: \(failure.message)")
        case .retry:
            let isTried = holdings[row].values.contains {
                $0.tries > 0 && $0.writer == effect.origin
            }
            if case .set = effect.kind, isTried { return }
        case .leaveValue: break
        }
        instance.failures += 1
        if instance.failures >= 3 {
            suspend(place, instanceRow, &instance, "failed three times: \(failure.message)")
        }
    }
}
