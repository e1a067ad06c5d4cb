import CgroupModel

/// A rule that would act on a cgroup (or on some of its group) in this tick.
struct Candidate: Sendable {
    let rule: Int
    let row: Int
    var isRepeat = false
}

/// Decides which of the rules that would act may.
extension PolicyEngine {
    /// Lets the candidates act that may, in the order of the rules; where two would disturb one
    /// cgroup, killing goes before freezing, and freezing before reclaiming.
    mutating func fire(_ candidates: [Candidate]) {
        guard !candidates.isEmpty else { return }
        let targets = candidates.map { self.targets(of: $0) }
        var wanted: [Int: [Int]] = [:]
        for (candidate, rows) in zip(candidates, targets) {
            for row in rows { wanted[row, default: []].append(candidate.rule) }
        }
        var allowed = Array(repeating: [Int](), count: candidates.count)
        var vetoes: [String?] = Array(repeating: nil, count: candidates.count)
        let order = candidates.indices.sorted {
            (rank(candidates[$0]), $0) < (rank(candidates[$1]), $1)
        }
        for index in order {
            let rule = candidates[index].rule
            if targets[index].isEmpty { vetoes[index] = "no cgroup is worth it" }
            for row in targets[index] {
                if let veto = refusal(rule, row, wanted[row] ?? []) {
                    vetoes[index] = vetoes[index] ?? veto
                } else if allowed[index].count < take(rule) {
                    allowed[index].append(row)
                    mark(rule, row)
                }
                if allowed[index].count == take(rule) { break }
            }
        }
        for (index, candidate) in candidates.enumerated() {
            if allowed[index].isEmpty {
                block(candidate, vetoes[index] ?? "superseded", first: targets[index].first)
            } else {
                begin(candidate, allowed[index])
            }
        }
    }

    /// Remembers that something disruptive will be done to a cgroup in this tick.
    private mutating func mark(_ place: Int, _ row: Int) {
        guard !rules[place].isDryRun, let disruption = rules[place].rule.disruption else { return }
        holdings[row].disruptedAt = now
        if disruption == .kill { holdings[row].killedAt = now }
    }

    private func rank(_ candidate: Candidate) -> Int {
        switch rules[candidate.rule].rule.disruption {
        case .kill: 0
        case .freeze: 1
        case .reclaim: 2
        default: 3
        }
    }

    private func take(_ place: Int) -> Int {
        rules[place].isAggregate ? rules[place].rule.victims?.take ?? .max : 1
    }

    /// On whom a rule would act, the best first.
    private func targets(of candidate: Candidate) -> [Int] {
        guard rules[candidate.rule].isAggregate else { return [candidate.row] }
        let rule = rules[candidate.rule].rule
        let taken = rules[candidate.rule].instances[0]?.targets ?? []
        let program = rules[candidate.rule].victimOrder
        let members = matcher.members(of: rule.group).map { rows.rowAt[$0] }
        guard let victims = rule.victims else { return members }
        var ranked: [(row: Int, worth: Double)] = []
        for row in members
        where !taken.contains(row) && now >= holdings[row].excludedUntil {
            let worth = measurements.number(program, row: row)
            guard !worth.isNaN, victims.leastGain.map({ worth >= $0 }) ?? true else { continue }
            ranked.append((row, worth))
        }
        return ranked.enumerated().sorted { left, right in
            let (first, second) = (left.element.worth, right.element.worth)
            guard first != second else { return left.offset < right.offset }
            return victims.isDescending ? first > second : first < second
        }.map(\.element.row)
    }

    // MARK: What speaks against it

    /// Why a rule may not act on a cgroup now; nil, and its budgets are spent, if it may.
    private mutating func refusal(_ place: Int, _ row: Int, _ others: [Int]) -> String? {
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

    /// At equal priority the weaker wins: not frozen over frozen, frozen over killed.
    private mutating func rival(_ place: Int, _ row: Int, _ others: [Int]) -> String? {
        let rule = rules[place].rule
        if rule.disruption == .freeze {
            let standing = holdings[row].thaws.map(\.rule)
            let rivals = (standing + others.filter { rules[$0].rule.thaws }).filter {
                $0 != place && rules[$0].rule.priority >= rule.priority
            }
            if let rival = rivals.first {
                if rules[rival].rule.priority == rule.priority { conflict(place, rival, row) }
                return "superseded: \(rules[rival].rule.name) wants it not frozen"
            }
        }
        if rule.disruption == .kill {
            let standing = holdings[row].claims.filter { !$0.isDryRun }.map(\.rule)
            let rivals = (standing + others.filter { rules[$0].rule.disruption == .freeze })
            if let rival = rivals.first(where: {
                $0 != place && rules[$0].rule.priority == rule.priority
            }) {
                conflict(place, rival, row)
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
            if holdings[row].isFrozen || holdings[row].killedAt == now { return row }
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

    // MARK: What follows

    private mutating func begin(_ candidate: Candidate, _ targets: [Int]) {
        let place = candidate.rule
        var instance = rules[place].instances[candidate.row] ?? RuleRuntime.Instance()
        let program: Program
        if candidate.isRepeat {
            program = rules[place].repeatWhile
            instance.repeats += 1
            instance.told = nil
            instance.nextRepeat = now + (rules[place].rule.repetition?.every.nanoseconds ?? 0)
            rules[place].firingCount += 1
        } else {
            program = rules[place].when
            activate(place, candidate.row, &instance)
        }
        if isUseless(place, &instance, targets) {
            rules[place].instances[candidate.row] = instance
            return
        }
        for row in targets where !instance.targets.contains(row) { instance.targets.append(row) }
        rules[place].instances[candidate.row] = instance
        let cause = cause(program, candidate.row)
        for row in targets {
            let actions = Array(rules[place].rule.actions.indices)
            run(place, row, chain: newChain(), actions, cause)
        }
    }

    /// Whether squeezing usage twice left more than four fifths of it: then no more is tried.
    private mutating func isUseless(
        _ place: Int, _ instance: inout RuleRuntime.Instance, _ targets: [Int]
    ) -> Bool {
        guard !rules[place].isAggregate, let row = targets.first,
            let (index, program) = rules[place].usages.min(by: { $0.key < $1.key }),
            case .scale(let scaling) = rules[place].rule.actions[index].kind, scaling.factor < 1
        else { return false }
        let usage = measurements.number(program, row: row)
        guard !usage.isNaN else { return false }
        guard let first = instance.usageAtFirst, instance.repeats >= 2 else {
            instance.usageAtFirst = instance.usageAtFirst ?? usage
            return false
        }
        guard usage > 0.8 * first else { return false }
        instance.nextRepeat = .max
        record(
            .apply, rules[place].origin, row, action: "scale",
            outcome: .ineffective("usage is still above 80 % of what it was"),
            isDryRun: rules[place].isDryRun)
        return true
    }

    private mutating func block(_ candidate: Candidate, _ reason: String, first: Int?) {
        let place = candidate.rule
        var instance = rules[place].instances[candidate.row] ?? RuleRuntime.Instance()
        let row = rules[place].isAggregate ? first : candidate.row
        if candidate.isRepeat {
            if instance.told != reason { veto(place, row, "repeat", reason) }
            instance.told = reason
            rules[place].instances[candidate.row] = instance
            return
        }
        let isNews = instance.reason != reason
        let wasBlocked = rules[place].states[candidate.row] == .blocked
        move(place, candidate.row, &instance, .blocked, rules[place].when, note: reason)
        if isNews { veto(place, row, nil, reason) }
        instance.reason = reason
        rules[place].instances[candidate.row] = instance
        guard let row, !wasBlocked, reason.hasPrefix("protected") else { return }
        let cause = cause(rules[place].when, candidate.row)
        for action in rules[place].rule.actions {
            tell(place, row, action.kind, cause, veto: reason)
        }
    }

    mutating func veto(_ place: Int, _ row: Int?, _ action: String?, _ reason: String) {
        rules[place].vetoCount += 1
        record(
            .veto, rules[place].origin, row, action: action, note: reason,
            isDryRun: rules[place].isDryRun)
    }
}
