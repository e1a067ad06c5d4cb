import CgroupModel
import PolicyLanguage

/// Updates a rule when it acts, when it is refused, and when its effects end.
extension RuleRuntime {
    /// Starts or repeats the rule's action; returns the condition that caused it, or nil if the
    /// action has proved useless.
    mutating func begin(
        _ row: Row, isRepeat: Bool, _ targets: [Row], _ sight: Sight,
        _ conditions: some Conditions, _ trail: inout AuditTrail
    ) -> Program? {
        if isRepeat {
            `repeat`(row, at: sight.now)
        } else {
            activate(row, sight, conditions, &trail)
        }
        if isUseless(row, targets, sight, conditions, &trail) { return nil }
        update(row) { instance in
            for target in targets where !instance.targets.contains(target) {
                instance.targets.append(target)
            }
        }
        return isRepeat ? repeatWhile : when
    }

    /// Whether usage is still above 80 % of the initial value after two repetitions; then no more
    /// follow.
    private mutating func isUseless(
        _ row: Row, _ targets: [Row], _ sight: Sight, _ conditions: some Conditions,
        _ trail: inout AuditTrail
    ) -> Bool {
        guard !isAggregate, let target = targets.first,
            let (index, program) = usages.min(by: { $0.key < $1.key }),
            case .scale(let scaling) = rule.actions[index].kind, scaling.factor < 1
        else { return false }
        let usage = conditions.number(program, row: target)
        guard !usage.isNaN, let instance = instances[row] else { return false }
        guard let first = instance.usageAtFirst, instance.repeats >= 2 else {
            update(row) { $0.usageAtFirst = $0.usageAtFirst ?? usage }
            return false
        }
        guard usage > 0.8 * first else { return false }
        update(row) { $0.nextRepeat = .max }
        trail.record(
            .apply, origin, sight.target(target), action: "scale",
            outcome: .ineffective("usage is still above 80 % of the previous value"),
            isDryRun: isDryRun)
        return true
    }

    /// Blocks the rule, and returns whether to notify.
    mutating func block(
        _ row: Row, isRepeat: Bool, _ reason: String, _ target: Row?, _ sight: Sight,
        _ conditions: some Conditions, _ trail: inout AuditTrail
    ) -> Bool {
        let target = isAggregate ? target : row
        func veto(_ action: String?, _ trail: inout AuditTrail) {
            trail.record(
                .veto, origin, target.map { sight.target($0) }, action: action, note: reason,
                isDryRun: isDryRun)
        }
        if isRepeat {
            if instances[row]?.told != reason {
                vetoCount += 1
                veto("repeat", &trail)
            }
            update(row) { $0.told = reason }
            return false
        }
        let isNews = instances[row]?.reason != reason
        let wasBlocked = states[row] == .blocked
        move(row, to: .blocked, when, note: reason, sight, conditions, &trail)
        if isNews {
            vetoCount += 1
            veto(nil, &trail)
        }
        update(row) { $0.reason = reason }
        return !wasBlocked
    }

    /// The consequence of an effect's result for its rule.
    enum Verdict: Hashable {
        /// It keeps failing: its actions are undone, and it is suspended.
        case suspend(String)
        /// Its action was refused: its actions are undone, and the cooldown starts.
        case rest(String, cooldownFactor: UInt64)
    }

    /// Counts successes and failures; returns nil if the rule continues.
    ///
    /// `isRetried` is whether the engine retries a value that could not be set.
    mutating func judge(
        _ row: Row, _ result: EffectResult, of effect: Effect, isRetried: Bool
    ) -> Verdict? {
        // After a reload the name may belong to a different rule, which has no state for the
        // cgroup.
        guard effect.kind.changesCgroup, var instance = instances[row], states[row] != .suspended
        else { return nil }
        defer { instances[row] = instance }
        let action = "\(effect.kind.name): "
        let failure = result.outcome.failure
        if let failure {
            instance.failure = action + failure.message
        } else if result.outcome.isSuccess, instance.failure?.hasPrefix(action) == true {
            instance.failure = nil
        }
        // A hook that fails does not mean that the rule's action on the cgroup failed.
        if case .hook = effect.kind, failure != nil { return nil }
        switch result.outcome {
        case .done, .partial:
            (instance.failures, instance.ineffective, instance.suspensions) = (0, 0, 0)
            return nil
        case .ineffective(let reason):
            instance.ineffective += 1
            return instance.ineffective < 3
                ? nil : .suspend("no effect three times: \(reason)")
        case .failed(let failure), .rolledBack(let failure), .halfway(let failure):
            return Self.fail(&instance, failure, effect, isRetried: isRetried)
        case .vetoed(let reason):
            vetoCount += 1
            let isFreeze = effect.kind.name == "freeze"
            return .rest(reason, cooldownFactor: isFreeze ? 2 : 1)
        case .gone, .hung, .skipped: return nil
        }
    }

    private static func fail(
        _ instance: inout Instance, _ failure: EffectResult.Failure, _ effect: Effect,
        isRetried: Bool
    ) -> Verdict? {
        switch Remedy(failure) {
        case .again, .gone: return nil
        case .suspendRule: return .suspend("invalid plan: \(failure.message)")
        case .retry:
            if case .set = effect.kind, isRetried { return nil }
        case .leaveValue: break
        }
        instance.failures += 1
        return instance.failures < 3 ? nil : .suspend("failed three times: \(failure.message)")
    }
}
