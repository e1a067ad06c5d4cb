internal import Actuation
internal import CgroupModel
internal import Hierarchy
internal import Policy
internal import PolicyLanguage

/// Sets each value of one cgroup independently: a refused value does not affect the others.
struct IndependentSetting {
    let actions: KernelActions
    let ready: ReadyEffect
    let pause: @Sendable (Duration) -> Void

    func perform() -> EffectResult {
        let settings = SettingEffects(actions: actions, effects: [ready], pause: pause)
        var values: [LimitKey: EffectResult.Outcome] = [:]
        var requests: [LimitRequest] = []
        for assignment in ready.assignments {
            guard let limit = assignment.key.limit else {
                values[assignment.key] = .failed(.init("unknown limit \(assignment.key.name)"))
                continue
            }
            requests.append(
                LimitRequest(
                    limit: limit, instance: assignment.key.instance, value: assignment.value))
        }
        let selection = LimitPlanner(actions.context).planEach(
            requests, on: ready.target.path, force: !actions.isMemoryUnified,
            shrink: actions.isMemoryUnified)
        for (request, error) in selection.refused {
            let key = ready.assignments.first {
                $0.key.name == request.limit.name
                    && ($0.key.isDeviceRule
                        ? $0.value == request.value : $0.key.instance == request.instance)
            }?.key
            if let key { values[key] = actions.settled(error, ready) }
        }
        var changes: [EffectResult.Change] = []
        func write(_ plan: LimitPlan) -> EffectResult.Outcome {
            let results = apply(plan)
            let outcome = settings.outcome(results, ready)
            guard outcome.isFinal || plan.parts.count == 1 else { return outcome }
            for result in results {
                let change = settings.change(result.write, of: ready, after: result.readBack)
                changes.append(change)
                if outcome != .done { values[change.key] = outcome }
            }
            return outcome
        }
        var parts = selection.plan?.parts ?? []
        if ready.effect.isDryRun {
            changes = parts.flatMap(\.writes).map {
                settings.change($0, of: ready, after: $0.rawNew)
            }
            parts = []
        }
        // systemd gets all its values in one call, or one by one if it refuses that call.
        let kept = parts.filter(isKeptBySystemd)
        if kept.count > 1, write(.joined(kept)).isFinal {
            parts.removeAll(where: isKeptBySystemd)
        }
        for part in parts { _ = write(part) }
        return EffectResult(
            id: ready.effect.id, outcome: Self.whole(values, of: ready.assignments),
            values: values, changes: changes)
    }

    private func isKeptBySystemd(_ part: LimitPlan) -> Bool {
        part.writes.allSatisfy {
            actions.context.files.systemd?.unit(keeping: $0.cell.file, of: $0.directory) != nil
        }
    }

    private func apply(_ plan: LimitPlan) -> [LimitResult] {
        LimitTransaction(
            plan, in: actions.context.holding([ready.target]),
            cause: ready.effect.origin.name, pause: pause
        ).apply()
    }

    /// The outcome of the whole setting: if any value was set, it is at least partial.
    private static func whole(
        _ values: [LimitKey: EffectResult.Outcome], of assignments: [LimitAssignment]
    ) -> EffectResult.Outcome {
        let ends = assignments.map { values[$0.key] ?? .done }
        if ends.contains(.gone) { return .gone }
        let failed = ends.filter { !$0.isSuccess }
        if let first = failed.first, failed.count == ends.count { return first }
        let notes = zip(assignments, ends).compactMap { assignment, end in
            end.reason.map { "\(assignment.key): \($0)" }
        }
        guard failed.isEmpty else { return .partial(notes.joined(separator: "; ")) }
        if ends.allSatisfy({ $0 == .done }) { return .done }
        if let only = ends.first, ends.count == 1 { return only }
        if let useless = ends.first(where: \.isIneffective), ends.allSatisfy(\.isIneffective) {
            return useless
        }
        return .partial(notes.joined(separator: "; "))
    }
}

extension EffectResult.Outcome {
    /// Whether setting the values one by one is pointless: all are set, the cgroup is gone, or
    /// systemd does not answer.
    fileprivate var isFinal: Bool {
        switch self {
        case .failed(let failure), .rolledBack(let failure), .halfway(let failure):
            failure.errno?.isUnanswered ?? false
        default: isSuccess || self == .gone
        }
    }

    fileprivate var isIneffective: Bool {
        if case .ineffective = self { true } else { false }
    }

    /// The reason why it is not completely done; nil if there is none.
    fileprivate var reason: String? {
        switch self {
        case .done, .gone, .hung, .skipped: nil
        case .partial(let reason), .ineffective(let reason), .vetoed(let reason): reason
        case .rolledBack(let failure), .halfway(let failure), .failed(let failure): failure.message
        }
    }
}

extension ReadyEffect {
    /// The values of a setting; empty for other effects.
    var assignments: [LimitAssignment] {
        guard case .set(let assignments) = effect.kind else { return [] }
        return assignments
    }
}

extension KernelActions {
    /// Whether memory is on v2.
    ///
    /// v1 refuses a limit below usage. v2 would kill, so it needs reclaim first.
    var isMemoryUnified: Bool { context.set.legacy(.memory) == nil }
}
