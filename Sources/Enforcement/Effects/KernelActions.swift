package import Actuation
internal import CgroupModel
package import Hierarchy
internal import KernelIO
package import Policy
package import PolicyLanguage

/// Performs effects on the host's cgroups through `Actuation`.
package struct KernelActions: EffectPerforming {
    let context: ActingContext
    private let journal: UndoJournal
    private let holds: HoldList?

    /// Creates actions on a host, which spare the cgroups that the policy protects.
    package init(
        set: HierarchySet, files: any ControlFiles, journal: UndoJournal, holds: HoldList? = nil,
        protection: Protection = Protection(), thawGuard: ThawGuard = .own()
    ) {
        context = ActingContext(
            set, files: files, journal: journal, protection: protection, thawGuard: thawGuard)
        self.journal = journal
        self.holds = holds
    }

    /// Returns the extra time: a freeze waits for its completion, a kill for the grace period.
    package func patience(for effect: Effect) -> Duration {
        switch effect.kind {
        case .freeze(let deadline): min(deadline, .seconds(10))
        case .kill(_, let grace, _): grace + .seconds(15)
        case .reclaim(let reclaiming): reclaiming.deadline
        default: .zero
        }
    }

    /// Performs the effects; a missing cgroup does not prevent the others.
    package func perform(
        _ effects: [Effect], pause: @escaping @Sendable (Duration) -> Void
    ) -> [EffectResult] {
        var results: [EffectResult] = []
        var ready: [ReadyEffect] = []
        for effect in effects {
            switch HeldTarget.find(effect.target, in: context.set) {
            case .same(let target):
                if let reason = reasonToLeave(effect) {
                    results.append(EffectResult(id: effect.id, outcome: .vetoed(reason)))
                } else {
                    ready.append(ReadyEffect(effect: effect, target: target))
                }
            case .another:
                let reason = "the path now belongs to another cgroup"
                results.append(EffectResult(id: effect.id, outcome: .vetoed(reason)))
            case .gone: results.append(EffectResult(id: effect.id, outcome: .gone))
            case .unreadable(let error):
                let failure = EffectResult.Failure(errno: error.errno, "\(error)")
                results.append(EffectResult(id: effect.id, outcome: .failed(failure)))
            }
        }
        guard let first = ready.first else { return results }
        if case .set = first.effect.kind {
            if effects.count == 1, !first.effect.isTogether {
                return [IndependentSetting(actions: self, ready: first, pause: pause).perform()]
            }
            return results + SettingEffects(actions: self, effects: ready, pause: pause).perform()
        }
        return results + ready.map { perform($0, pause) }
    }

    /// Returns why an operator's hold prevents the effect; thaws and undos are never held.
    private func reasonToLeave(_ effect: Effect) -> String? {
        guard !effect.isUndo, effect.kind != .thaw else { return nil }
        return holds?.obstacle(on: effect.target.path)
    }

    private func perform(
        _ ready: ReadyEffect, _ pause: @escaping @Sendable (Duration) -> Void
    ) -> EffectResult {
        let effect = ready.effect
        let held = context.holding([ready.target])
        var changes: [EffectResult.Change] = []
        let outcome: EffectResult.Outcome
        do throws(ActuationError) {
            switch effect.kind {
            case .restore(let keys):
                let restoring = RestoringEffect(
                    target: ready.target, keys: keys, owner: journal.owner,
                    system: context.set.system)
                let restored = try Restorer(
                    set: context.set, journal: journal, files: held.files, pause: pause
                ).restore(
                    inodes: ready.target.inodes, dryRun: effect.isDryRun,
                    where: restoring.isWanted)
                changes = restoring.changes(restored)
                outcome = EffectResult.Outcome(restored)
            case .freeze(let deadline):
                outcome = try freeze(ready, deadline, held)
            case .thaw: outcome = try thaw(ready, held)
            case .reclaim(let request): outcome = try reclaim(ready, request, held)
            case .kill(let signal, let grace, let force):
                outcome = try kill(ready, signal, grace, force, held)
            case .set, .hook, .notify, .log: outcome = .done
            }
        } catch {
            outcome = settled(error, ready)
        }
        return EffectResult(id: effect.id, outcome: outcome, changes: changes)
    }

    private func freeze(
        _ ready: ReadyEffect, _ deadline: Duration, _ held: ActingContext
    ) throws(ActuationError) -> EffectResult.Outcome {
        if ready.effect.isDryRun { return try rehearse(.freeze, ready) }
        let frozen = try Freezer(held).freeze(
            ready.target.path, timeout: deadline, shadow: true)
        guard frozen.isShortened else { return .done }
        return .partial("thawed early, after \(frozen.timeout), because of a service's watchdog")
    }

    private func thaw(
        _ ready: ReadyEffect, _ held: ActingContext
    ) throws(ActuationError) -> EffectResult.Outcome {
        if ready.effect.isDryRun { return .done }
        let thawed = try Freezer(held).thaw(ready.target.path)
        guard let ancestor = thawed.frozenBy else { return .done }
        return .partial("\(ancestor) keeps it frozen")
    }

    private func reclaim(
        _ ready: ReadyEffect, _ request: Reclaiming, _ held: ActingContext
    ) throws(ActuationError) -> EffectResult.Outcome {
        if ready.effect.isDryRun { return try rehearse(.reclaim, ready) }
        var bytes: UInt64
        switch request.amount {
        case .bytes(let amount): bytes = amount
        case .down(let goal):
            let names = ["memory.current", "memory.usage_in_bytes"]
            guard let usage = ready.target.text(names).flatMap({ UInt64($0.text) }) else {
                throw ActuationError(
                    .unavailable, "the memory usage of \(ready.target.path) cannot be read")
            }
            bytes = usage > goal ? usage - goal : 0
        }
        if bytes == 0 { return .done }
        do throws(ActuationError) {
            let reclaimed = try Reclaimer(held).reclaim(
                ready.target.path, .bytes(bytes), deadline: request.deadline,
                swappiness: request.swappiness)
            guard reclaimed.isPartial else { return .done }
            // v1 does not report the amount.
            let amount = reclaimed.confirmed.map { "\($0)" } ?? "an unknown part"
            return .partial("\(amount) of \(bytes) bytes reclaimed")
        } catch {
            // A host that cannot reclaim by bytes (v1) does not fail the rule.
            guard error.code == .unavailable else { throw error }
            return .partial(error.message)
        }
    }

    private func kill(
        _ ready: ReadyEffect, _ name: String, _ grace: Duration, _ force: Bool,
        _ held: ActingContext
    ) throws(ActuationError) -> EffectResult.Outcome {
        guard let signal = EndingSignal(name) else {
            throw ActuationError(.usage, "\(name) is not a signal that ends a process")
        }
        if ready.effect.isDryRun { return try rehearse(.kill, ready) }
        do throws(ActuationError) {
            let killed = try Killer(held).kill(
                ready.target.path, signal: signal, grace: grace, force: force)
            return killed.means == .nobody ? .ineffective("it was empty") : .done
        } catch {
            // Some processes remain, in uninterruptible sleep or because `force` is false.
            guard error.code == .failed, error.errno == nil else { throw error }
            return .ineffective(error.message)
        }
    }

    /// Checks an action for a dry run.
    private func rehearse(
        _ action: DisruptiveAction, _ ready: ReadyEffect
    ) throws(ActuationError) -> EffectResult.Outcome {
        context.protected.refusal(of: action, on: ready.target.path).map { .vetoed($0) } ?? .done
    }

    /// Converts an error into an outcome; if the cgroup is gone, its journal entries are closed.
    func settled(_ error: ActuationError, _ ready: ReadyEffect) -> EffectResult.Outcome {
        if error.code == .notFound {
            switch HeldTarget.find(ready.effect.target, in: context.set) {
            case .same, .unreadable: break
            case .gone, .another:
                if ready.target.isRemoved {
                    journal.forget(inodes: ready.target.inodes, where: ready.target.owns)
                }
                return .gone
            }
        }
        return EffectResult.Outcome(error)
    }
}

/// An effect whose cgroup was found and verified.
struct ReadyEffect: Sendable {
    let effect: Effect
    let target: HeldTarget
}

extension ActingContext {
    /// Creates a context that honors a policy's protection.
    package init(
        _ set: HierarchySet, files: any ControlFiles, journal: UndoJournal? = nil,
        protection: Protection, thawGuard: ThawGuard = .own()
    ) {
        self.init(
            set, files: protection.allowsKubelet ? files.ofKubelet : files, journal: journal,
            protected: ProtectedSet(set, protection), thawGuard: thawGuard)
    }

    /// Returns the same context, which writes only to the held cgroups.
    func holding(_ targets: [HeldTarget]) -> ActingContext {
        with(HeldFiles(files: files, targets: targets))
    }
}

extension ProtectedSet {
    /// Creates a set with the policy's additional protection and its overrides.
    package init(_ set: HierarchySet, _ protection: Protection) {
        let patterns = protection.spared
        var spares: (@Sendable (CgroupPath) -> Bool)?
        if !patterns.isEmpty { spares = { path in patterns.contains { $0.matches(path) } } }
        self.init(
            set, overridden: protection.overridden,
            allowsKubelet: protection.allowsKubelet, spares: spares)
    }
}
