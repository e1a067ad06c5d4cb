import CgroupModel
import PolicyLanguage

/// Runs the steps of a rule that acts.
extension PolicyEngine {
    /// Runs the steps of a chain up to one that must wait.
    mutating func run(_ chain: Chain) {
        var chain = chain
        while let step = chains.nextStep(of: &chain) {
            if step.isDisruptive, !rules[chain.rule].isDryRun {
                gate.takeTurn(chain.row, at: sight.now)
            }
            let effect = act(step.action, of: chain)
            chain.did(step, effect)
        }
    }

    /// Continues the chains whose disruptive step succeeded, unless the gate refuses the next one.
    mutating func continueChains() {
        for chain in chains.takeReady() {
            guard let entry = sight.entry(chain.row), let step = chain.steps.first else {
                continue
            }
            let kind = rules[chain.rule].rule.actions[step.action].kind.disturbance
            // Its budgets were spent when the rule fired.
            let request = Gate.Request(actions: kind.map { [$0] } ?? [], takesTurn: true)
            let refusal = gate.refusal(request, chain.row, entry, sight.facts, at: sight.now)
            if let refusal {
                veto(chain.rule, chain.row, kind?.rawValue, refusal.text)
            } else {
                run(chain)
            }
        }
    }

    private mutating func act(_ index: Int, of chain: Chain) -> Effect.ID? {
        let (rule, row, cause) = (chain.rule, chain.row, chain.cause)
        let runtime = rules[rule]
        let action = runtime.rule.actions[index]
        let kind: Effect.Kind
        switch action.kind {
        case .set, .scale, .pin: return set(action, index, of: chain)
        case .freeze(let timeout, let onTimeout):
            // A repetition does not extend the freeze.
            if freezes.isClaimed(row, by: rule) { return nil }
            freezes.add(
                FreezeClaim(
                    rule: rule, priority: runtime.rule.priority, isDryRun: runtime.isDryRun,
                    timeout: timeout, onTimeout: onTimeout, at: sight.now), to: row)
            kind = .freeze(deadline: FreezeClaim.longest(timeout, onTimeout))
        case .thaw:
            freezes.keepThawed(row, rule)
            let priority = runtime.rule.priority
            return thaw(row, cause, origin: runtime.origin) {
                $0.priority < priority || $0.rule == rule
            }
        case .reclaim(let reclaiming): kind = .reclaim(reclaiming)
        case .kill(let signal, let grace, let force):
            if !runtime.isDryRun { gate.takeTurn(row, at: sight.now, kills: true) }
            kind = .kill(signal: signal, grace: grace, force: force)
        case .hook(let name, let waits): kind = .hook(name: name, phase: .apply, waits: waits)
        case .notify, .log: return tell(rule, row, action.kind, chain: chain.number, cause)
        }
        return emit(
            kind, runtime.origin, row, cause, chain: chain.number, isDryRun: runtime.isDryRun,
            continuesOnError: action.continuesOnError)
    }

    /// Sets the values of a step, except those that a higher request overrides.
    private mutating func set(_ action: RuleAction, _ index: Int, of chain: Chain) -> Effect.ID? {
        let wanted = requests(chain.rule, chain.row, index, chain.cause)
        if wanted.isEmpty {
            veto(chain.rule, chain.row, "set", "no value to scale")
        }
        let step = CgroupValues.Step(
            origin: rules[chain.rule].origin, chain: chain.number, cause: chain.cause,
            isDryRun: rules[chain.rule].isDryRun, continuesOnError: action.continuesOnError,
            isTogether: action.isTogether)
        let (effect, vetoes) = values.set(
            wanted, step, chain.row, sight, gate, &outbox, &trail)
        rules.countVetoes(chain.rule, vetoes)
        return effect
    }

    /// Sends a notification about a rule's actions, or about the reason why they are refused.
    @discardableResult
    mutating func tell(
        _ rule: RuleIndex, _ row: Row, _ action: RuleAction.Kind, chain: UInt64? = nil,
        _ cause: Cause, veto: String? = nil
    ) -> Effect.ID? {
        guard let kind = notice(rule, sight.path(row), action, cause, veto: veto) else {
            return nil
        }
        return emit(
            kind, rules[rule].origin, row, cause, chain: chain, isDryRun: rules[rule].isDryRun,
            continuesOnError: true)
    }

    /// Returns the notice of a step; nil for a step that does not notify.
    func notice(
        _ rule: RuleIndex, _ path: CgroupPath, _ action: RuleAction.Kind, _ cause: Cause,
        veto: String? = nil
    ) -> Effect.Kind? {
        let policy = rules[rule].rule
        let what = policy.actions.compactMap(\.kind.verb).joined(separator: ", ")
        let text =
            "\(policy.name) on \(path): "
            + (veto.map { "would \(what), but \($0)" } ?? (what.isEmpty ? "fired" : what))
            + ", because \(cause.text)"
        return switch action {
        case .notify(let sinks): .notify(sinks: sinks, level: .warning, text: text)
        case .log(let level): .log(level, text: text)
        default: nil
        }
    }

    // MARK: Requests

    /// Returns the requests of one step of a rule.
    func requests(
        _ rule: RuleIndex, _ row: Row, _ index: Int, _ cause: Cause
    ) -> [(key: LimitKey, request: ManagedValue.Request)] {
        let runtime = rules[rule]
        let isTogether = runtime.rule.actions.contains(where: \.isTogether)
        return assignments(rule, row, index).map { assignment in
            (
                assignment.key,
                ManagedValue.Request(
                    layer: .rules, priority: runtime.rule.priority, origin: runtime.origin,
                    value: assignment.value, cause: cause, isTogether: isTogether)
            )
        }
    }

    /// Returns the values that a step of a rule would set.
    func assignments(_ rule: RuleIndex, _ row: Row, _ index: Int) -> [LimitAssignment] {
        switch rules[rule].rule.actions[index].kind {
        case .set(let settings): return settings.flatMap { assignments($0) }
        case .pin(let cpus, let mems): return Self.pin(cpus, mems)
        case .scale(let scaling):
            return scaled(scaling, rule, row, index).map {
                [LimitAssignment(sight.canonical(scaling.key), $0)]
            } ?? []
        default: return []
        }
    }

    private func assignments(_ setting: Setting) -> [LimitAssignment] {
        switch setting {
        case .limit(let key, let value): return [LimitAssignment(sight.canonical(key), value)]
        case .pool(let name):
            guard let lists = sources.lazy.compactMap({ $0.lists(ofPool: name) }).first else {
                return []
            }
            return Self.pin(lists.cpus, lists.mems)
        }
    }

    private static func pin(_ cpus: RangeList?, _ mems: RangeList?) -> [LimitAssignment] {
        [("cpuset.cpus", cpus), ("cpuset.mems", mems)].compactMap { name, list in
            list.map { LimitAssignment(LimitKey(name), .text($0.description)) }
        }
    }

    /// Returns the new value of a scaling; nil if there is no value to multiply.
    ///
    /// A factor below 1 never raises the current value, and a larger one never lowers it.
    private func scaled(
        _ scaling: Scaling, _ rule: RuleIndex, _ row: Row, _ index: Int
    ) -> LimitValue? {
        let current = values.current(
            sight.canonical(scaling.key), row, isDryRun: rules[rule].isDryRun, sight)
        let base: Double
        switch scaling.base {
        case .current:
            guard let number = current?.number else { return nil }
            base = Double(number)
        case .usage:
            guard let program = rules[rule].usages[index] else { return nil }
            base = measurements.number(program, row: row)
        }
        guard !base.isNaN, base >= 0 else { return nil }
        var value = base * scaling.factor
        if let most = scaling.most?.number { value = min(value, Double(most)) }
        if let least = scaling.least?.number { value = max(value, Double(least)) }
        if let current = current?.number {
            value = scaling.factor < 1 ? min(value, Double(current)) : max(value, Double(current))
        } else if scaling.factor >= 1, current == .unlimited {
            return nil
        }
        return .number(UInt64(min(value, 9e18)))
    }
}
