import CgroupModel
import PolicyLanguage

/// Handles the results of effects.
extension PolicyEngine {
    mutating func takeResults(_ results: [EffectResult]) {
        for result in results { take(result) }
    }

    private mutating func take(_ result: EffectResult) {
        guard let known = outbox.unanswered(result.id) else { return }
        let (effect, row) = (known.effect, known.row)
        trail.record(
            effect.isUndo ? .undo : .apply, effect.origin, sight.target(row), effect: effect.id,
            action: effect.kind.name, changes: result.changes, outcome: result.outcome,
            isDryRun: effect.isDryRun)
        if result.outcome == .hung { return gate.hang(row, on: result.id) }
        outbox.close(result.id)
        gate.release(row, from: result.id)
        for place in sources.indices where sources[place].layer == effect.origin.layer {
            sources[place].took(result, of: effect)
        }
        let rule = rules.index(of: effect.origin)
        switch effect.kind {
        case .set(let assignments):
            values.takeSet(assignments, result, effect, row, sight, &outbox, &trail)
        case .restore(let keys):
            values.takeRestore(keys, result, effect, row, sight, &outbox, &trail)
        case .freeze:
            if !result.outcome.isSuccess, let rule { endFreeze(rule, row, effect) }
        case .thaw:
            let isOwed = !result.outcome.isTakenBack
            freezes.owe(row, isOwed)
            if isOwed { thawAgain(effect, row) }
        case .reclaim, .kill:
            if case .ineffective = result.outcome { rules.exclude(row, at: sight.now) }
        case .hook, .notify, .log: break
        }
        chains.ended(
            effect.id, goesOn: result.outcome.isSuccess || effect.continuesOnError)
        if let rule, !effect.isUndo { judge(rule, row, result, effect) }
    }

    private mutating func judge(
        _ rule: RuleIndex, _ row: Row, _ result: EffectResult, _ effect: Effect
    ) {
        let stateRow = rules.stateRow(rule, row)
        let verdict = rules.judge(
            rule, stateRow, result, of: effect,
            isRetried: values.isRetrying(row, effect.origin))
        switch verdict {
        case .suspend(let reason): suspend(rule, stateRow, reason)
        case .rest(let reason, let factor):
            rest(rule, stateRow, reason, cooldownFactor: factor)
        case nil: break
        }
    }
}
