package import CgroupModel
package import PolicyLanguage

/// What whoever runs the engine needs besides its ticks.
extension PolicyEngine {
    /// The policy that holds.
    package var policy: PolicyDocument { document }

    /// Whether the policy decides by what only costly files tell, and so wants them at every tick.
    package var usesCostlyFiles: Bool {
        measurements.usesCostlyFiles || !document.autosizers.isEmpty
    }

    /// The cgroups of a group as they were at the last tick, in path order.
    package func members(of group: String) -> [Effect.Target] {
        matcher.members(of: group).map { sight.target(sight.rows.rowAt[$0]) }
    }

    /// The cgroups of a group as they were at the last tick whether they hold a process or not, in
    /// path order: what lasts as long as a cgroup exists does not end when it is empty for a moment.
    package func present(of group: String) -> [Effect.Target] {
        matcher.present(of: group).map { sight.target(sight.rows.rowAt[$0]) }
    }

    /// Takes what became of effects before or after ``stop()``; what is to be written down of it.
    package mutating func conclude(_ results: [EffectResult]) -> [AuditRecord] {
        takeResults(results)
        return finish().audit
    }

    /// The input of the last tick that was not old.
    var input: PolicyInput? { sight.input }

    /// What all layers but the guards want values of a cgroup to be: nothing for a value that they
    /// leave alone.
    package func valuesBelowGuards(of cgroup: CgroupID) -> [LimitKey: LimitValue] {
        sight.rows.row(of: cgroup).map { values.belowGuards($0) } ?? [:]
    }

    /// The values that the policy wants to set now, by cgroup.
    package var wantedValues: [(target: Effect.Target, keys: [LimitKey])] {
        sight.rows.rowAt.compactMap { row in
            let keys = values.wantedKeys(row)
            return keys.isEmpty ? nil : (sight.target(row), keys)
        }
    }

    /// Takes values over that are as wanted already because an earlier daemon set them: they are
    /// put back like those that were written by this one.
    package mutating func inherit(_ keys: [LimitKey], of cgroup: CgroupID) {
        guard let row = sight.rows.row(of: cgroup) else { return }
        values.inherit(keys, row, sight)
    }

    /// How often things happened since the engine began, and where each rule stands.
    package var metrics: PolicyMetrics {
        var metrics = PolicyMetrics()
        metrics.conflicts = trail.count(of: .conflict)
        metrics.drifts = trail.count(of: .drift)
        metrics.ignoredSamples = ignoredSamples
        for rule in rules.indices.sorted(by: { rules[$0].rule.name < rules[$1].rule.name }) {
            rules[rule].add(to: &metrics, sight)
        }
        metrics.budgetHits = gate.budgetHits
        metrics.numbers = sources.flatMap(\.numbers)
        for row in sight.rows.rowAt {
            let target = sight.target(row)
            metrics.owed += values.owed(row).map { (target, $0) }
            metrics.failing += values.failing(row).map { (target, $0.key, $0.reason) }
        }
        return metrics
    }

    /// Where a rule stands with a cgroup; nil if it does not look at it.
    package func state(of rule: String, on cgroup: CgroupID) -> RuleState? {
        guard let runtime = rules.index(named: rule).map({ rules[$0] }), runtime.disabled == nil
        else { return nil }
        if runtime.isAggregate { return runtime.states.first }
        guard let row = sight.rows.row(of: cgroup), runtime.order.contains(row) else {
            return nil
        }
        return runtime.states[row]
    }
}

extension Effect.Kind {
    /// Whether it may hurt who lives in the cgroup.
    package var isDisruptive: Bool {
        switch self {
        case .freeze, .kill, .reclaim, .set: true
        case .restore, .thaw, .hook, .notify, .log: false
        }
    }

    /// Whether it does something to the cgroup, rather than telling of it.
    var changesCgroup: Bool {
        switch self {
        case .notify, .log: false
        default: true
        }
    }
}
