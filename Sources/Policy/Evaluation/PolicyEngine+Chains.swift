import CgroupModel

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
                assignments(place, row, index), place, row, chain: chain, cause,
                continuesOnError: action.continuesOnError)
        case .freeze(let timeout, let onTimeout):
            // What the rule froze stays frozen until its time is over; a repetition adds none.
            if holdings[row].claims.contains(where: { $0.rule == place }) { return nil }
            claim(place, row, timeout, onTimeout)
            // A kill at the end is done here, so the freeze may not end by itself just before.
            kind = .freeze(deadline: onTimeout == .kill ? timeout + .seconds(5) : timeout)
        case .thaw:
            holdings[row].thaws.append((place, rules[place].rule.priority))
            let priority = rules[place].rule.priority
            return thaw(row, cause, origin: rules[place].origin) { $0.priority <= priority }
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

    // MARK: Freezing

    private mutating func claim(
        _ place: Int, _ row: Int, _ timeout: Duration, _ onTimeout: FreezeTimeout
    ) {
        holdings[row].claims.append(
            FreezeClaim(
                rule: place, priority: rules[place].rule.priority, isDryRun: rules[place].isDryRun,
                since: now, deadline: now + timeout.nanoseconds, onTimeout: onTimeout))
    }

    /// Drops claims to a cgroup, and thaws it if no other is left.
    @discardableResult
    mutating func thaw(
        _ row: Int, _ cause: Cause, origin: Effect.Origin, chain: UInt64? = nil,
        _ isDropped: (FreezeClaim) -> Bool
    ) -> Effect.ID? {
        var id: Effect.ID?
        let dropped = holdings[row].claims.filter(isDropped)
        holdings[row].claims.removeAll(where: isDropped)
        for isDryRun in [false, true]
        where dropped.contains(where: { $0.isDryRun == isDryRun })
            && !holdings[row].claims.contains(where: { $0.isDryRun == isDryRun })
            && rows.position(row) != nil
        {
            id = emit(
                .thaw, origin, row, cause, chain: chain, isUndo: true, isDryRun: isDryRun)
        }
        return id
    }

    /// Ends freezes whose time is over; that depends on no sample.
    mutating func expireFreezes() {
        for row in rows.rowAt where !holdings[row].claims.isEmpty {
            for claim in holdings[row].claims where now >= claim.deadline {
                expire(claim, row)
            }
        }
    }

    private mutating func expire(_ claim: FreezeClaim, _ row: Int) {
        let place = claim.rule
        let time = Duration.nanoseconds(claim.deadline - claim.since)
        let cause = Cause("frozen for \(time.policyText)")
        if claim.onTimeout == .kill {
            let isLast = now >= claim.deadline + 5_000_000_000
            let need = BudgetLedger.Need(kills: 1)
            let refusal = refusal(ofKilling: row, need)
            if refusal == nil {
                holdings[row].killedAt = now
                holdings[row].disruptedAt = now
                let chain = newChain()
                emit(
                    .kill(signal: "KILL", grace: .zero, force: true), rules[place].origin, row,
                    cause, chain: chain, isDryRun: claim.isDryRun, continuesOnError: true)
                thaw(row, cause, origin: rules[place].origin, chain: chain) { $0.rule == place }
            } else if !isLast {
                return veto(place, row, "kill", refusal ?? "")
            }
        }
        let instanceRow = rules[place].isAggregate ? 0 : row
        guard var instance = rules[place].instances[instanceRow] else { return }
        let others = instance.targets.filter { $0 != row }
        if others.isEmpty {
            undo(place, instanceRow, &instance, nil, atOnce: true, note: cause.text)
        } else {
            release(place, row, cause)
            instance.targets = others
        }
        rules[place].instances[instanceRow] = instance
    }

    /// Why a cgroup that was frozen for too long is not killed; nil, and the budget is spent, if
    /// it is.
    private mutating func refusal(ofKilling row: Int, _ need: BudgetLedger.Need) -> String? {
        guard document.defaults.allowsKill else { return "killing is not allowed" }
        guard holdings[row].disruptedAt != now else { return "superseded" }
        guard let position = rows.position(row), let entry = input?.snapshot.cgroups,
            position < entry.count
        else { return "gone" }
        if let hold = facts.hold(on: entry[position]) { return "held: \(hold)" }
        if let reason = facts.refusal(of: .kill, on: entry[position]) {
            return "protected: \(reason)"
        }
        guard let item = budgets.spend(need, on: rows.cgroups[row].id, at: now) else { return nil }
        budgetHits[item.rawValue] += 1
        return "budget: \(item.text)"
    }
}
