package import CgroupModel
package import PolicyLanguage

/// What the caller of the engine needs besides ticks.
extension PolicyEngine {
    /// The policy in force.
    package var policy: PolicyDocument { document }

    /// Whether the policy uses values from costly files, which must then be read at every tick.
    package var usesCostlyFiles: Bool {
        measurements.usesCostlyFiles || !document.autosizers.isEmpty
    }

    /// Returns the members of a group at the last tick, in path order.
    package func members(of group: String) -> [Effect.Target] {
        matcher.members(of: group).map { sight.target(sight.rows.rowAt[$0]) }
    }

    /// Returns the cgroups of a group at the last tick, including empty ones, in path order.
    ///
    /// For whatever lasts as long as a cgroup exists, even if it is empty for a moment.
    package func present(of group: String) -> [Effect.Target] {
        matcher.present(of: group).map { sight.target(sight.rows.rowAt[$0]) }
    }

    /// Takes results outside of a tick, before or after ``stop()``, and returns the audit records.
    package mutating func conclude(_ results: [EffectResult]) -> [AuditRecord] {
        takeResults(results)
        return finish().audit
    }

    /// The input of the last tick whose snapshot was not older than the one before.
    var input: PolicyInput? { sight.input }

    /// Returns the values that the layers below the guards request for a cgroup.
    package func valuesBelowGuards(of cgroup: CgroupID) -> [LimitKey: LimitValue] {
        sight.rows.row(of: cgroup).map { values.belowGuards($0) } ?? [:]
    }

    /// The values that the policy requests now, by cgroup.
    package var wantedValues: [(target: Effect.Target, keys: [LimitKey])] {
        sight.rows.rowAt.compactMap { row in
            let keys = values.wantedKeys(row)
            return keys.isEmpty ? nil : (sight.target(row), keys)
        }
    }

    /// Takes over requested values that an earlier daemon has already set, so that they are
    /// restored like this engine's own.
    package mutating func inherit(_ keys: [LimitKey], of cgroup: CgroupID) {
        guard let row = sight.rows.row(of: cgroup) else { return }
        values.inherit(keys, row, sight)
    }

    /// Counts since the engine started, and the state of each rule.
    package var metrics: PolicyMetrics {
        var metrics = PolicyMetrics()
        metrics.conflicts = trail.count(of: .conflict)
        metrics.drifts = trail.count(of: .drift)
        metrics.recentDrifts = trail.drifts
        metrics.ignoredSamples = ignoredSamples
        for rule in rules.indices.sorted(by: { rules[$0].rule.name < rules[$1].rule.name }) {
            rules[rule].add(to: &metrics, sight)
        }
        metrics.budgetHits = gate.budgetHits
        for row in sight.rows.rowAt {
            let target = sight.target(row)
            metrics.owed += values.owed(row).map { (target, $0) }
            metrics.failing += values.failing(row).map { (target, $0.key, $0.reason) }
        }
        return metrics
    }

    /// Returns the state of a rule for a cgroup; nil if the rule does not cover it.
    package func state(of rule: String, on cgroup: CgroupID) -> RuleState? {
        guard let runtime = rules.index(named: rule).map({ rules[$0] }), runtime.disabled == nil
        else { return nil }
        if runtime.isAggregate { return runtime.states.first }
        guard let row = sight.rows.row(of: cgroup), runtime.rows.order.contains(row) else {
            return nil
        }
        return runtime.states[row]
    }
}

extension Effect.Kind {
    /// Whether it can disrupt the processes in the cgroup.
    package var isDisruptive: Bool {
        switch self {
        case .freeze, .kill, .reclaim, .set: true
        case .restore, .thaw, .hook, .notify, .log: false
        }
    }

    /// Whether it acts on the cgroup, rather than only reporting.
    var changesCgroup: Bool {
        switch self {
        case .notify, .log: false
        default: true
        }
    }
}
