internal import Actuation
internal import CgroupModel
internal import Hierarchy
internal import Policy

/// Sets the values of one or more cgroups together, all or none.
///
/// A pool continues without the cgroups that cannot be set.
struct SettingEffects {
    let actions: KernelActions
    let effects: [ReadyEffect]
    let pause: @Sendable (Duration) -> Void

    func perform() -> [EffectResult] {
        var plans: [LimitPlan] = []
        for index in effects.indices {
            do throws(ActuationError) {
                plans.append(try plan(index))
            } catch {
                let outcome = actions.settled(error, effects[index])
                return without(index, EffectResult(id: effects[index].effect.id, outcome: outcome))
            }
        }
        let isDryRun = effects.contains { $0.effect.isDryRun }
        guard !isDryRun else { return zip(effects, plans).map(rehearsed) }
        let files = HeldFiles(files: actions.files, targets: effects.map(\.target))
        let results = LimitTransaction(
            .joined(plans), journal: actions.journal, files: files,
            cause: effects[0].effect.origin.name, pause: pause
        ).apply()
        let ends = effects.map { ready in
            let own = results.filter { $0.write.directory.path == ready.target.path }
            return EffectResult(
                id: ready.effect.id, outcome: outcome(results, ready),
                changes: own.map { change($0.write, of: ready, after: $0.readBack) })
        }
        let culprit = effects.indices.first { index in
            results.contains {
                $0.isFailed && $0.write.directory.path == effects[index].target.path
            }
        }
        guard isPools, let culprit, !results.contains(where: \.isLeftHalfway) else { return ends }
        return without(culprit, ends[culprit])
    }

    private var isPools: Bool {
        if case .pool = effects[0].effect.origin { effects.count > 1 } else { false }
    }

    /// Skips the other effects when one fails; those of a pool are performed nonetheless.
    private func without(_ index: Int, _ result: EffectResult) -> [EffectResult] {
        var rest = effects
        rest.remove(at: index)
        guard isPools else {
            return [result] + rest.map { EffectResult(id: $0.effect.id, outcome: .skipped) }
        }
        return [result] + SettingEffects(actions: actions, effects: rest, pause: pause).perform()
    }

    /// Returns a planner that assumes the requests of the other effects.
    func planner(beside index: Int) -> LimitPlanner {
        var wishes: [CgroupPath: [LimitAssignment]] = [:]
        for (place, other) in effects.enumerated() where place != index {
            wishes[other.target.path, default: []] += other.assignments
        }
        return LimitPlanner(
            set: actions.set, files: WishedFiles(actions.files, wishes: wishes),
            protected: actions.protected)
    }

    private func plan(_ index: Int) throws(ActuationError) -> LimitPlan {
        let ready = effects[index]
        var requests: [LimitRequest] = []
        for assignment in ready.assignments {
            guard let limit = assignment.key.limit else {
                throw ActuationError(.usage, "there is no limit \(assignment.key.name)")
            }
            requests.append(
                LimitRequest(
                    limit: limit, instance: assignment.key.instance, value: assignment.value))
        }
        return try planner(beside: index).plan(
            requests, on: ready.target.path, force: !actions.isMemoryUnified,
            shrink: actions.isMemoryUnified)
    }

    private func rehearsed(_ ready: ReadyEffect, _ plan: LimitPlan) -> EffectResult {
        EffectResult(
            id: ready.effect.id, outcome: .done,
            changes: plan.writes.map { change($0, of: ready, after: $0.rawNew) })
    }

    /// Summarizes the results; a missing cgroup is `gone` whatever happened to the transaction.
    func outcome(_ results: [LimitResult], _ ready: ReadyEffect) -> EffectResult.Outcome {
        for result in results where result.write.directory.path == ready.target.path {
            guard case .failed(let error) = result.outcome, error.code == .notFound else {
                continue
            }
            let settled = actions.settled(error, ready)
            if settled == .gone { return .gone }
        }
        return EffectResult.Outcome(results)
    }

    func change(
        _ write: PlannedWrite, of ready: ReadyEffect, after: String?
    ) -> EffectResult.Change {
        let instance = write.wished ?? write.instance
        let asked =
            ready.assignments.first { $0.key.name == write.name && $0.key.instance == instance }
            ?? ready.assignments.first { $0.key.isWritten(as: write.name, write.rawNew) }
        let key = asked?.key ?? LimitKey(write.name, instance: instance)
        // A total is written as the limit of swap, which is another value.
        let coding = write.isReadable && key.name == write.name ? write.coding : nil
        let after = after ?? write.rawOld
        return EffectResult.Change(
            key: key, file: "\(write.cell)", before: write.rawOld, wanted: write.rawNew,
            after: after,
            found: coding?.decode(write.rawOld), readBack: coding?.decode(after))
    }
}

extension LimitKey {
    /// Whether a value requested under this name is written under another one.
    ///
    /// v2 limits swap alone, and keeps the period with the quota. A device rule is its own
    /// instance.
    fileprivate func isWritten(as written: String, _ text: String) -> Bool {
        if isDeviceRule { return name == written && instance == text }
        return (name == "memory.total" && written == "memory.swap.max")
            || (name == "cpu.max.period" && written == "cpu.max")
    }
}

extension LimitResult {
    fileprivate var isFailed: Bool { if case .failed = outcome { true } else { false } }

    fileprivate var isLeftHalfway: Bool { if case .notRolledBack = outcome { true } else { false } }
}
