import CgroupModel
import PolicyLanguage

/// What a rule does when it acts, step by step.
extension PolicyEngine {
    /// Runs the steps of a rule on a cgroup, until a second disruptive one: that waits for the
    /// first, so that there is one a tick, and none after a failure.
    mutating func run(_ place: Int, _ row: Int, chain: UInt64, _ actions: [Int], _ cause: Cause) {
        var last: Effect.ID?
        for (step, index) in actions.enumerated() {
            let action = rules[place].rule.actions[index]
            let isDisruptive = action.kind.disturbance != nil
            if isDisruptive, let last {
                waiting[last] = WaitingChain(
                    rule: place, row: row, chain: chain, actions: Array(actions[step...]),
                    cause: cause)
                return
            }
            if isDisruptive, !rules[place].isDryRun { holdings[row].disruptedAt = now }
            let id = act(place, row, chain: chain, index, cause)
            if isDisruptive { last = id }
        }
    }

    private mutating func act(
        _ place: Int, _ row: Int, chain: UInt64, _ index: Int, _ cause: Cause
    ) -> Effect.ID? {
        let action = rules[place].rule.actions[index]
        let kind: Effect.Kind
        switch action.kind {
        case .set, .scale, .pin:
            return set(
                assignments(place, row, index), place, row, chain: chain, cause, action)
        case .freeze(let timeout, let onTimeout):
            // What the rule froze stays frozen until its time is over; a repetition adds none.
            if holdings[row].claims.contains(where: { $0.rule == place }) { return nil }
            claim(place, row, timeout, onTimeout)
            kind = .freeze(deadline: Self.longest(timeout, onTimeout))
        case .thaw:
            holdings[row].thaws.append((place, rules[place].rule.priority))
            let priority = rules[place].rule.priority
            return thaw(row, cause, origin: rules[place].origin) {
                $0.priority < priority || $0.rule == place
            }
        case .reclaim(let reclaiming): kind = .reclaim(reclaiming)
        case .kill(let signal, let grace, let force):
            if !rules[place].isDryRun { holdings[row].killedAt = now }
            kind = .kill(signal: signal, grace: grace, force: force)
        case .hook(let name, let waits): kind = .hook(name: name, phase: .apply, waits: waits)
        case .notify, .log: return tell(place, row, action.kind, chain: chain, cause)
        }
        return emit(
            kind, rules[place].origin, row, cause, chain: chain, isDryRun: rules[place].isDryRun,
            continuesOnError: action.continuesOnError)
    }

    /// Tells people what a rule does, or why it does not.
    @discardableResult
    mutating func tell(
        _ place: Int, _ row: Int, _ action: RuleAction.Kind, chain: UInt64? = nil, _ cause: Cause,
        veto: String? = nil
    ) -> Effect.ID? {
        let rule = rules[place].rule
        let what = rule.actions.compactMap(\.kind.verb).joined(separator: ", ")
        let text =
            "\(rule.name) on \(rows.cgroups[row].path): "
            + (veto.map { "would \(what), but \($0)" } ?? (what.isEmpty ? "fired" : what))
            + ", because \(cause.text)"
        let kind: Effect.Kind
        switch action {
        case .notify(let sinks): kind = .notify(sinks: sinks, level: .warning, text: text)
        case .log(let level): kind = .log(level, text: text)
        default: return nil
        }
        return emit(
            kind, rules[place].origin, row, cause, chain: chain, isDryRun: rules[place].isDryRun,
            continuesOnError: true)
    }

    mutating func runUndoHooks(
        _ place: Int, _ row: Int, _ instance: RuleRuntime.Instance, _ cause: Cause
    ) {
        guard rules[place].rule.undoing != .keep else { return }
        for action in rules[place].rule.actions {
            guard case .hook(let name, let waits) = action.kind else { continue }
            for target in instance.targets where rows.position(target) != nil {
                emit(
                    .hook(name: name, phase: .undo, waits: waits), rules[place].origin, target,
                    cause, isUndo: true, isDryRun: rules[place].isDryRun)
            }
        }
    }

    /// Goes on with chains whose disruptive step is done, as far as nothing speaks against it now.
    mutating func continueChains() {
        let chains = ready
        ready = []
        for rest in chains {
            guard let position = rows.position(rest.row),
                let entry = input?.snapshot.cgroups[position]
            else { continue }
            let kind = rules[rest.rule].rule.actions[rest.actions[0]].kind.disturbance
            let reason =
                holdings[rest.row].disruptedAt == now
                ? "superseded: something else was done to it"
                : facts.hold(on: entry).map { "held: \($0)" }
                    ?? kind.flatMap { facts.refusal(of: $0, on: entry) }.map { "protected: \($0)" }
            if let reason {
                veto(rest.rule, rest.row, kind?.rawValue, reason)
            } else {
                run(rest.rule, rest.row, chain: rest.chain, rest.actions, rest.cause)
            }
        }
    }

    /// A chain that waits is not gone on with.
    mutating func endWaiting(_ place: Int, _ row: Int) {
        waiting = waiting.filter { $0.value.rule != place || $0.value.row != row }
        ready.removeAll { $0.rule == place && $0.row == row }
    }
}
