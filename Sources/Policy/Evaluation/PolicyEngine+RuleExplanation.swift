public import CgroupModel

/// Where a rule stands with a cgroup, and the numbers that it looks at.
public struct RuleExplanation: Hashable, Sendable {
    /// The rule's name.
    public var rule: String
    /// Where it stands; nil for a rule that is disabled.
    public var state: RuleState?
    /// For how long, in seconds; nil before its first change.
    public var seconds: UInt64?
    /// Why it is disabled, blocked or suspended.
    public var reason: String?
    /// What has to hold for it to act.
    public var when: String
    /// Each number of that, with its value now.
    public var terms: [Cause.Evidence]
}

extension PolicyEngine {
    /// The rules that look at the cgroup at a path, alone or as one of a group, by name.
    public func rules(of path: CgroupPath) -> [RuleExplanation] {
        guard let snapshot = input?.snapshot, let position = snapshot.index(of: path) else {
            return []
        }
        let row = rows.rowAt[position]
        return rules.filter { runtime in
            runtime.isAggregate
                ? matcher.members(of: runtime.rule.group).contains(position)
                : runtime.disabled != nil || runtime.order.contains(row)
        }.map { explanation($0, runtime: $0.isAggregate ? 0 : row) }.sorted { $0.rule < $1.rule }
    }

    private func explanation(_ runtime: RuleRuntime, runtime row: Int) -> RuleExplanation {
        guard runtime.disabled == nil else {
            return RuleExplanation(
                rule: runtime.rule.name, reason: runtime.disabled,
                when: runtime.rule.when.description, terms: [])
        }
        let instance = runtime.instances[row]
        return RuleExplanation(
            rule: runtime.rule.name, state: runtime.states[row],
            seconds: instance.map { (now - min($0.since, now)) / 1_000_000_000 },
            reason: instance?.reason ?? lack(of: runtime), when: runtime.when.text,
            terms: measurements.evidence(runtime.when, row: row).map(Self.withReason))
    }

    /// A number that does not exist says why.
    private static func withReason(_ evidence: Cause.Evidence) -> Cause.Evidence {
        guard evidence.value == "n/a" else { return evidence }
        let isLimit = [".max", ".high", ".low", ".min"].contains { evidence.term.hasSuffix($0) }
        var explained = evidence
        explained.value =
            isLimit
            ? "n/a (no limit is set, or nobody is in the group)"
            : "n/a (no such number here: another version, a controller that is off, nobody there)"
        return explained
    }
}
