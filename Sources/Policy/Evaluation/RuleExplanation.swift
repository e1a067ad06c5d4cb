package import CgroupModel
import PolicyLanguage

/// The state of a rule for a cgroup, the values of its terms, and what it waits for.
///
/// `status` and `policy explain` both show it.
package struct RuleExplanation: Hashable, Sendable {
    /// The rule's name.
    package var rule: String
    /// The cgroup; nil for an aggregate rule, or for a rule without a cgroup.
    package var cgroup: CgroupPath?
    /// The state; nil for a rule that is disabled or has no cgroup.
    package var state: RuleState?
    /// The age of the state in seconds; nil before the first change.
    package var seconds: UInt64?
    /// Why it is disabled, blocked or suspended.
    package var reason: String?
    /// What failed the last time it acted, such as a hook; nil if nothing did.
    package var failure: String?
    /// Its actions, without notifications: `freeze`, `set memory.max=1GiB`.
    package var actions: [String]
    /// The condition under which it acts.
    package var when: String
    /// The terms of the condition that it waits for, with their current values or the reasons for
    /// missing ones.
    package var terms: [Cause.Evidence]
    /// What it waits for next, in words.
    package var next: String
}

extension PolicyEngine {
    /// Returns the rules that cover the cgroup at a path, alone or as part of a group, sorted by
    /// name.
    package func rules(of path: CgroupPath) -> [RuleExplanation] {
        guard let row = sight.row(at: path), let position = sight.rows.position(row) else {
            return []
        }
        return rules.indices.filter { rule in
            let group = rules[rule].rule.group
            return document.group(group) == nil || matcher.members(of: group).contains(position)
                || !rules[rule].isAggregate && rules[rule].rows.order.contains(row)
        }.map { rules[$0].explanation(rules.stateRow($0, row), sight, measurements) }
            .sorted { $0.rule < $1.rule }
    }

    /// Returns every rule in the policy's order, once for each cgroup for which it is not idle, and
    /// for up to `most` idle ones.
    ///
    /// A rule without cgroups is returned once.
    package func rules(mostIdle most: Int) -> [RuleExplanation] {
        document.rules.flatMap { rule -> [RuleExplanation] in
            guard let runtime = rules.index(named: rule.name).map({ rules[$0] }) else { return [] }
            guard runtime.disabled == nil, !runtime.rows.order.isEmpty else {
                return [runtime.explanation(nil, sight, measurements)]
            }
            var idle = 0
            return runtime.rows.order.filter { row in
                guard runtime.states[row] == .idle else { return true }
                idle += 1
                return idle <= most
            }.map { runtime.explanation($0, sight, measurements) }
        }
    }
}
