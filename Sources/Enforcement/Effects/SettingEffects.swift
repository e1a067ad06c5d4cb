internal import Actuation
internal import CgroupModel
internal import Hierarchy
internal import Policy
internal import PolicyLanguage

/// Sets the values of one or more cgroups together, all or none.
///
/// A pool continues without the cgroups that cannot be set.
struct SettingEffects {
    let actions: KernelActions
    let effects: [ReadyEffect]
    /// Waits between the steps in which a memory limit is lowered.
    let pause: @Sendable (Duration) -> Void

    func perform() -> [EffectResult] {
        var results: [EffectResult] = []
        var left = effects
        while !left.isEmpty {
            let round = SettingEffects(actions: actions, effects: left, pause: pause).round()
            results += round.results
            left = round.retry
        }
        return results
    }

    /// Plans and performs all effects.
    ///
    /// `retry` has a pool's effects to try again; `results` has those that cannot be set.
    private func round() -> (results: [EffectResult], retry: [ReadyEffect]) {
        var plans: [LimitPlan] = []
        var planned: [ReadyEffect] = []
        var refused: [EffectResult] = []
        var requested = PooledRequests(effects, actions.context.files)
        for ready in effects {
            do throws(ActuationError) {
                plans.append(try plan(ready, with: requested))
                planned.append(ready)
            } catch {
                let outcome = actions.settled(error, ready)
                refused.append(EffectResult(id: ready.effect.id, outcome: outcome))
                guard isPool else { return (refused + skipped(besides: ready), []) }
                requested.remove(ready)
            }
        }
        // The other plans may assume the values of the refused effects, so they are planned again.
        guard refused.isEmpty else { return (refused, planned) }
        let isDryRun = effects.contains { $0.effect.isDryRun }
        guard !isDryRun else { return (zip(effects, plans).map(rehearsed), []) }
        return transact(.joined(plans))
    }

    private func transact(_ plan: LimitPlan) -> (results: [EffectResult], retry: [ReadyEffect]) {
        let results = LimitTransaction(
            plan, in: actions.context.holding(effects.map(\.target)),
            cause: effects[0].effect.origin.name, pause: pause
        ).apply(cgroupsApart: isPool)
        let byPath = Dictionary(grouping: results) { $0.write.directory.path }
        let failed = byPath.filter { $0.value.contains(where: \.isFailed) }
        let others = results.filter { failed[$0.write.directory.path] == nil }
        // Another round may succeed without the cgroups that failed.
        let hasCulprit = isPool && effects.contains { failed[$0.target.path] != nil }
        var ends: [EffectResult] = []
        var left: [ReadyEffect] = []
        for ready in effects {
            let path = ready.target.path
            let own = byPath[path] ?? []
            if hasCulprit, failed[path] == nil, own.contains(where: \.isSkipped) {
                left.append(ready)
                continue
            }
            // A cgroup of a pool is judged by its own failure if it has one, otherwise by the
            // cgroups that did not fail.
            let judged = isPool ? failed[path] ?? others : results
            ends.append(
                EffectResult(
                    id: ready.effect.id, outcome: outcome(judged, ready),
                    changes: own.map { change($0.write, of: ready, after: $0.readBack) }))
        }
        return (ends, left)
    }

    private var isPool: Bool {
        if case .pool = effects[0].effect.origin { effects.count > 1 } else { false }
    }

    private func skipped(besides failed: ReadyEffect) -> [EffectResult] {
        effects.filter { $0.effect.id != failed.effect.id }
            .map { EffectResult(id: $0.effect.id, outcome: .skipped) }
    }

    private func plan(
        _ ready: ReadyEffect, with requested: PooledRequests
    ) throws(ActuationError) -> LimitPlan {
        var requests: [LimitRequest] = []
        for assignment in ready.assignments {
            guard let limit = assignment.key.limit else {
                throw ActuationError(.usage, "unknown limit \(assignment.key.name)")
            }
            requests.append(
                LimitRequest(
                    limit: limit, instance: assignment.key.instance, value: assignment.value))
        }
        // v1 itself refuses a limit below usage; v2 would kill, so memory is reclaimed first.
        return try LimitPlanner(actions.context.with(requested.files(besides: ready))).plan(
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
        let instance = write.requestedInstance ?? write.instance
        let requested =
            ready.assignments.first { $0.key.name == write.name && $0.key.instance == instance }
            ?? ready.assignments.first { $0.key.isWritten(as: write.name, write.rawNew) }
        let key = requested?.key ?? LimitKey(write.name, instance: instance)
        // A limit of memory and swap together is written as a limit of swap alone, so the texts
        // differ.
        let coding = write.isReadable && key.name == write.name ? write.coding : nil
        let after = after ?? write.rawOld
        return EffectResult.Change(
            key: key, file: "\(write.cell)", before: write.rawOld, wanted: write.rawNew,
            after: after,
            found: coding?.decode(write.rawOld), readBack: coding?.decode(after))
    }
}

extension LimitKey {
    /// Whether a request under this name leads to a write under `written`.
    ///
    /// v2 limits swap alone, and keeps the period with the quota. A device rule is its own
    /// instance.
    fileprivate func isWritten(as written: String, _ text: String) -> Bool {
        if isDeviceRule { return name == written && instance == text }
        return (name == "memory.memsw.max" && written == "memory.swap.max")
            || (name == "cpu.max.period" && written == "cpu.max")
    }
}

/// The requests of a pool's effects, to plan each as if the others were done.
private struct PooledRequests {
    private var files: RequestedFiles
    private var byPath: [CgroupPath: [ReadyEffect]]

    init(_ effects: [ReadyEffect], _ files: any ControlFiles) {
        byPath = Dictionary(grouping: effects) { $0.target.path }
        self.files = RequestedFiles(
            files, requested: byPath.mapValues { $0.flatMap(\.assignments) })
    }

    /// Returns the files as the other effects would leave them.
    func files(besides ready: ReadyEffect) -> RequestedFiles {
        files.replacing(ready.target.path, requested(besides: ready))
    }

    /// Removes the requests of an effect.
    mutating func remove(_ ready: ReadyEffect) {
        files.replace(ready.target.path, requested(besides: ready))
        byPath[ready.target.path]?.removeAll { $0.effect.id == ready.effect.id }
    }

    private func requested(besides ready: ReadyEffect) -> [LimitAssignment] {
        (byPath[ready.target.path] ?? []).filter { $0.effect.id != ready.effect.id }
            .flatMap(\.assignments)
    }
}

extension LimitResult {
    fileprivate var isFailed: Bool { if case .failed = outcome { true } else { false } }

    fileprivate var isSkipped: Bool { if case .skipped = outcome { true } else { false } }
}
