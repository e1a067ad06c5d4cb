import CgroupModel
import PolicyLanguage

/// What speaks against a rule that would act.
extension PolicyEngine {
    /// Why a rule may not act on a cgroup now; nil, and its budgets are spent, if it may.
    mutating func refusal(_ place: Int, _ row: Int, _ others: [Int]) -> String? {
        guard let position = rows.position(row), let input else { return "gone" }
        let entry = input.snapshot.cgroups[position]
        let rule = rules[place].rule
        if holdings[row].hung != nil { return "an earlier action hangs" }
        if let hold = facts.hold(on: entry) { return "held: \(hold)" }
        if rule.disruption != nil {
            if let reason = obstacle(place, row, position, others) { return reason }
        }
        for action in disruptions(place, row) {
            if let reason = facts.refusal(of: action, on: entry) { return "protected: \(reason)" }
        }
        let need = need(place, row)
        let item =
            rules[place].isDryRun
            ? triedBudgets.spend(need, on: entry.id, at: now)
            : budgets.spend(need, on: entry.id, at: now)
        guard let item else { return nil }
        budgetHits[item.rawValue] += 1
        return "budget: \(item.text)"
    }

    /// What stands in the way of something disruptive.
    private mutating func obstacle(
        _ place: Int, _ row: Int, _ position: Int, _ others: [Int]
    ) -> String? {
        let rule = rules[place].rule
        if rule.kills, !document.defaults.allowsKill { return "killing is not allowed" }
        if let guarded = input?.guarded[rows.cgroups[row].id], guarded.isFrozen {
            return "superseded: guard \(guarded.name) holds it"
        }
        if holdings[row].disruptedAt == now {
            if let rival = equal(place, others) { conflict(place, rival, row) }
            return "superseded: another rule acts on it"
        }
        if let ancestor = disturbedAncestor(position) {
            return "superseded: \(rows.cgroups[ancestor].path) is frozen or killed"
        }
        if rule.disruption == .freeze {
            let frozen = input?.snapshot[position, .frozen].value ?? 0
            if frozen != 0, !holdings[row].isFrozen { return "it is frozen by someone else" }
        }
        return rival(place, row, others)
    }

    /// The higher priority wins; at equal ones frozen over running, and frozen over killed.
    private mutating func rival(_ place: Int, _ row: Int, _ others: [Int]) -> String? {
        let rule = rules[place].rule
        if rule.disruption == .freeze {
            let standing = holdings[row].thaws.map(\.rule)
            let rivals = (standing + others.filter { rules[$0].rule.thaws }).filter {
                $0 != place && rules[$0].rule.priority > rule.priority
            }
            if let rival = rivals.first {
                return "superseded: \(rules[rival].rule.name) wants it not frozen"
            }
        }
        if rule.disruption == .kill {
            let standing = holdings[row].claims.filter { !$0.isDryRun }.map(\.rule)
            let rivals = (standing + others.filter { rules[$0].rule.disruption == .freeze })
            if let rival = rivals.first(where: {
                $0 != place && rules[$0].rule.priority >= rule.priority
            }) {
                if rules[rival].rule.priority == rule.priority { conflict(place, rival, row) }
                return "superseded: \(rules[rival].rule.name) only freezes it"
            }
        }
        return nil
    }

    private func equal(_ place: Int, _ others: [Int]) -> Int? {
        others.first { other in
            other != place && rules[other].rule.priority == rules[place].rule.priority
                && rules[other].rule.disruption != nil
                && rules[other].rule.disruption != rules[place].rule.disruption
        }
    }

    private mutating func conflict(_ place: Int, _ rival: Int, _ row: Int) {
        let instance = rules[place].instances[rules[place].isAggregate ? 0 : row]
        guard instance?.reason == nil else { return }
        counts.conflicts += 1
        record(
            .conflict, rules[place].origin, row,
            note: "\(rules[rival].rule.name) has the same priority and wants less done")
    }

    private func disturbedAncestor(_ position: Int) -> Int? {
        var place = input?.snapshot.cgroups[position].parent
        while let here = place {
            let row = rows.rowAt[here]
            let holding = holdings[row]
            if holding.isFrozen || holding.frozenAt == now || holding.killedAt == now {
                return row
            }
            place = input?.snapshot.cgroups[here].parent
        }
        return nil
    }

    /// What a rule's steps do to who lives in a cgroup.
    private func disruptions(_ place: Int, _ row: Int) -> [DisruptiveAction] {
        var found: [DisruptiveAction] = []
        for (index, action) in rules[place].rule.actions.enumerated() {
            var kinds = action.kind.disturbance.map { [$0] } ?? []
            if case .freeze(_, .kill) = action.kind { kinds.append(.kill) }
            for wish in assignments(place, row, index) {
                let current = current(wish.key, row)
                if let kind = wish.key.disruption(from: current, to: wish.value) {
                    kinds.append(kind)
                }
            }
            for kind in kinds where !found.contains(kind) { found.append(kind) }
        }
        return found
    }

    private func need(_ place: Int, _ row: Int) -> BudgetLedger.Need {
        var need = BudgetLedger.Need()
        for (index, action) in rules[place].rule.actions.enumerated() {
            switch action.kind {
            case .set, .scale, .pin: need.writes += isWritten(place, row, index) ? 1 : 0
            case .freeze: need.freezes += 1
            case .kill: need.kills += 1
            case .hook: need.hooks += 1
            case .thaw, .reclaim, .notify, .log: break
            }
        }
        return need
    }

    /// Whether a step would change a value, and not only give something back.
    private func isWritten(_ place: Int, _ row: Int, _ index: Int) -> Bool {
        assignments(place, row, index).contains { wish in
            let current = current(wish.key, row)
            return current != wish.value
        }
    }
}
