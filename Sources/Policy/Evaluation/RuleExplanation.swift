package import CgroupModel
import PolicyLanguage

/// Where a rule stands with a cgroup, the numbers that it looks at, and what it waits for.
///
/// The one source of what `status` and `policy explain` say about rules.
package struct RuleExplanation: Hashable, Sendable {
    /// The rule's name.
    package var rule: String
    /// The cgroup; nil for a rule on its group as a whole, or for one without a cgroup.
    package var cgroup: CgroupPath?
    /// Where it stands; nil for a rule that is disabled.
    package var state: RuleState?
    /// For how long, in seconds; nil before its first change.
    package var seconds: UInt64?
    /// Why it is disabled, blocked or suspended.
    package var reason: String?
    /// What went wrong the last time it acted, such as a hook that failed; nil if nothing did.
    package var failure: String?
    /// What it does, apart from telling people: `freeze`, `set memory.max=1GiB`.
    package var actions: [String]
    /// The condition under which it acts.
    package var when: String
    /// Each number that it waits for, with its value now; one that has none says why.
    package var terms: [Cause.Evidence]
    /// What would make it act, or what ends it.
    package var next: String
}

extension PolicyEngine {
    /// The rules that look at the cgroup at a path, alone or as one of a group, by name.
    package func rules(of path: CgroupPath) -> [RuleExplanation] {
        guard let row = sight.row(at: path), let position = sight.rows.position(row) else {
            return []
        }
        return rules.indices.filter { rule in
            let group = rules[rule].rule.group
            return document.group(group) == nil || matcher.members(of: group).contains(position)
                || !rules[rule].isAggregate && rules[rule].order.contains(row)
        }.map { rules[$0].explanation(rules.stateRow($0, row), sight, measurements) }
            .sorted { $0.rule < $1.rule }
    }

    /// Every rule in the policy's order, with each cgroup for which it is not idle and up to `most`
    /// for which it is; a rule that looks at none stands there once.
    package func rules(mostIdle most: Int) -> [RuleExplanation] {
        document.rules.flatMap { rule -> [RuleExplanation] in
            guard let runtime = rules.index(named: rule.name).map({ rules[$0] }) else { return [] }
            guard runtime.disabled == nil, !runtime.order.isEmpty else {
                return [runtime.explanation(nil, sight, measurements)]
            }
            var idle = 0
            return runtime.order.filter { row in
                guard runtime.states[row] == .idle else { return true }
                idle += 1
                return idle <= most
            }.map { runtime.explanation($0, sight, measurements) }
        }
    }
}
