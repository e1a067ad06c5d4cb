import CgroupModel
import PolicyLanguage

/// The layers below the rules: standing limits, pools and autosizing.
extension PolicyEngine {
    /// Adds and drops the wishes of standing limits, as they begin and end to hold and as cgroups
    /// come and go.
    mutating func takeLimits() {
        guard let input else { return }
        for index in limits.indices where limits[index].disabled == nil {
            let wasHolding = limits[index].holds
            let isInWindow =
                limits[index].limits.during?.contains(input.minuteOfDay) ?? true
            limits[index].update(isInWindow: isInWindow, elapsed: isGap ? 0 : elapsed) {
                measurements.truth($0, row: 0)
            }
            guard membersChanged || limits[index].holds != wasHolding else { continue }
            let members =
                limits[index].holds
                ? matcher.present(of: limits[index].limits.group).map { rows.rowAt[$0] } : []
            var kept = Set(members)
            // No snapshot tells of them yet.
            if limits[index].holds {
                kept.formUnion(limits[index].wished.intersection(rows.newborn))
            }
            for row in limits[index].wished.subtracting(kept).sorted() {
                let origin = limits[index].origin
                unwish(row) { $0 == origin }
            }
            for row in members where !limits[index].wished.contains(row) { wish(index, row) }
            limits[index].wished = kept
        }
    }

    mutating func wish(_ index: Int, _ row: Int) {
        let runtime = limits[index]
        let cause = Cause("standing limits of \(runtime.limits.group)")
        for (order, assignment) in runtime.assignments.enumerated() {
            wish(
                row, assignment.key,
                ManagedValue.Wish(
                    layer: .limits, priority: runtime.limits.priority, origin: runtime.origin,
                    value: assignment.value, cause: cause,
                    order: assignment.key.isDeviceRule ? order : 0), isDryRun: false)
        }
    }

    /// Before another policy: all standing limits are wished for anew.
    mutating func dropLimits() { dropWishes { $0.layer == .limits } }

    /// What pools and autosizing may look at; nil before the first tick.
    var context: LayerContext? {
        input.map { input in
            LayerContext(
                input: input, document: document, members: matcher.all,
                present: matcher.allPresent, membersChanged: membersChanged,
                holding: limits.map(\.holds))
        }
    }

    /// Asks pools and autosizing; what they want done is done at the end of the tick.
    mutating func askSources() {
        acts = []
        guard !sources.isEmpty, let context else { return }
        for place in sources.indices {
            let proposal = sources[place].propose(context)
            let layer = sources[place].layer
            acts += proposal.acts
            guard let wishes = proposal.wishes else { continue }
            dropWishes { $0.layer == layer }
            for wish in wishes {
                guard let row = rows.row(of: wish.target.cgroup), rows.position(row) != nil else {
                    continue
                }
                self.wish(
                    row, canonical(wish.key),
                    ManagedValue.Wish(
                        layer: layer, priority: wish.priority, origin: wish.origin,
                        value: wish.value, cause: wish.cause), isDryRun: false)
            }
        }
    }

    /// Does what pools and autosizing want done once, as far as nothing speaks against it.
    mutating func doActs() {
        for act in acts {
            guard let row = rows.row(of: act.target.cgroup), let position = rows.position(row),
                let entry = input?.snapshot.cgroups[position]
            else { continue }
            if let disruption = act.kind.disturbance {
                let reason = obstacle(to: disruption, row, entry)
                if let reason {
                    record(.veto, act.origin, row, action: act.kind.name, note: reason)
                    continue
                }
                holdings[row].disruptedAt = now
            }
            emit(act.kind, act.origin, row, act.cause)
        }
        acts = []
    }

    private mutating func obstacle(
        to disruption: DisruptiveAction, _ row: Int, _ entry: CgroupEntry
    ) -> String? {
        if holdings[row].hung != nil { return "an earlier action hangs" }
        if let hold = facts.hold(on: entry) { return "held: \(hold)" }
        if holdings[row].disruptedAt == now || holdings[row].isFrozen
            || input?.guarded[entry.id]?.isFrozen == true
        {
            return "superseded"
        }
        if let reason = facts.refusal(of: disruption, on: entry) { return "protected: \(reason)" }
        let need = BudgetLedger.Need(
            kills: disruption == .kill ? 1 : 0, freezes: disruption == .freeze ? 1 : 0)
        guard let item = budgets.spend(need, on: entry.id, at: now) else { return nil }
        budgetHits[item.rawValue] += 1
        return "budget: \(item.text)"
    }

    /// Gives claims and chains the places of their rules in another policy; those of rules that are
    /// changed or gone end, and what they froze is thawed.
    mutating func renumber(_ places: [Int: Int]) {
        let cause = Cause("the policy changed")
        func moved(_ rest: WaitingChain) -> WaitingChain? {
            places[rest.rule].map {
                WaitingChain(
                    rule: $0, row: rest.row, chain: rest.chain, actions: rest.actions,
                    cause: rest.cause)
            }
        }
        waiting = waiting.compactMapValues(moved)
        ready = ready.compactMap(moved)
        for row in holdings.indices where rows.position(row) != nil {
            thaw(row, cause, origin: .engine) { places[$0.rule] == nil }
            holdings[row].claims = holdings[row].claims.compactMap { claim in
                places[claim.rule].map { claim.moved(to: $0) }
            }
            holdings[row].thaws = holdings[row].thaws.compactMap { thaw in
                places[thaw.rule].map { ($0, thaw.priority) }
            }
        }
    }
}

extension FreezeClaim {
    fileprivate func moved(to rule: Int) -> FreezeClaim {
        var claim = FreezeClaim(
            rule: rule, priority: priority, isDryRun: isDryRun, since: since, deadline: deadline,
            onTimeout: onTimeout, thawBy: thawBy)
        claim.isConfirmed = isConfirmed
        claim.awaitsKill = awaitsKill
        return claim
    }
}

extension Effect.Kind {
    fileprivate var disturbance: DisruptiveAction? {
        switch self {
        case .freeze: .freeze
        case .kill: .kill
        case .reclaim: .reclaim
        default: nil
        }
    }
}
