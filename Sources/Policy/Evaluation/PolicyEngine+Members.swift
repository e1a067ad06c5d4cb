import CgroupModel
import PolicyLanguage

/// Which cgroups rules look at, as those come and go.
extension PolicyEngine {
    /// Finds the rows that each rule looks at, and undoes what was done to those that left.
    ///
    /// An idle rule still looks at a cgroup in the tick in which it lost its last process, since
    /// what killed that is what the rule may be about.
    mutating func orderRules() {
        for place in rules.indices where rules[place].disabled == nil {
            if rules[place].isAggregate {
                if rules[place].states.isEmpty { rules[place].states = [.idle] }
                rules[place].order = [0]
                continue
            }
            while rules[place].states.count < rows.count { rules[place].states.append(.idle) }
            var isMember = Array(repeating: false, count: rows.count)
            for position in matcher.members(of: rules[place].rule.group) {
                isMember[rows.rowAt[position]] = true
            }
            let watched = matcher.watched(of: rules[place].rule.group).map { rows.rowAt[$0] }
            for row in watched where rules[place].states[row] == .idle { isMember[row] = true }
            rules[place].isMember = isMember
            let lingering = rules[place].instances.keys.filter {
                !isMember[$0] && rules[place].states[$0] != .idle
            }.sorted { (rows.position($0) ?? 0, $0) < (rows.position($1) ?? 0, $1) }
            for row in lingering { leave(place, row) }
            let kept = lingering.filter { rules[place].states[$0] != .idle }
            let order = watched.filter { isMember[$0] }
            rules[place].order =
                kept.isEmpty
                ? order
                : (order + kept).sorted { (rows.position($0) ?? 0) < (rows.position($1) ?? 0) }
        }
    }

    private mutating func leave(_ place: Int, _ row: Int) {
        guard var instance = rules[place].instances[row] else { return }
        let note = "it left the group"
        switch rules[place].states[row] {
        case .pending where !instance.isRelapse, .blocked where !instance.isRelapse:
            move(place, row, &instance, .idle, note: note)
        case .active, .clearing, .relaxing, .pending, .blocked:
            instance.isRelapse = false
            undo(place, row, &instance, nil, atOnce: true, note: note)
        case .idle, .cooldown, .suspended: break
        }
        rules[place].instances[row] = instance
    }

    /// Forgets a cgroup that is gone.
    mutating func forget(_ row: Int) {
        for place in rules.indices {
            if rules[place].isAggregate {
                rules[place].instances[0]?.targets.removeAll { $0 == row }
                continue
            }
            guard rules[place].instances.removeValue(forKey: row) != nil else { continue }
            let state = rules[place].states[row]
            rules[place].states[row] = .idle
            guard state != .idle else { continue }
            record(
                .state, rules[place].origin, row, note: "\(state.text) -> gone",
                isDryRun: rules[place].isDryRun)
        }
        holdings[row] = Holdings()
        guardedRows.remove(row)
        budgets.forget(rows.cgroups[row].id)
        triedBudgets.forget(rows.cgroups[row].id)
        inFlight = inFlight.filter { $0.value.row != row }
        waiting = waiting.filter { $0.value.row != row }
        ready.removeAll { $0.row == row }
        for index in limits.indices { limits[index].wished.remove(row) }
    }
}
