package import CgroupModel
internal import PolicyLanguage

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
        guard let snapshot = input?.snapshot, let position = snapshot.index(of: path) else {
            return []
        }
        let row = rows.rowAt[position]
        return rules.indices.filter { place in
            let group = rules[place].rule.group
            return document.group(group) == nil || matcher.members(of: group).contains(position)
                || !rules[place].isAggregate && rules[place].order.contains(row)
        }.map { explanation($0, row: rules[$0].isAggregate ? 0 : row) }.sorted { $0.rule < $1.rule }
    }

    /// Every rule in the policy's order, with each cgroup for which it is not idle and up to `most`
    /// for which it is; a rule that looks at none stands there once.
    package func rules(mostIdle most: Int) -> [RuleExplanation] {
        document.rules.flatMap { rule -> [RuleExplanation] in
            guard let place = rules.firstIndex(where: { $0.rule.name == rule.name }) else {
                return []
            }
            guard rules[place].disabled == nil, !rules[place].order.isEmpty else {
                return [explanation(place, row: nil)]
            }
            var idle = 0
            return rules[place].order.filter { row in
                guard rules[place].states[row] == .idle else { return true }
                idle += 1
                return idle <= most
            }.map { explanation(place, row: $0) }
        }
    }

    private func explanation(_ place: Int, row: Int?) -> RuleExplanation {
        let runtime = rules[place]
        let rule = runtime.rule
        var result = RuleExplanation(
            rule: rule.name, cgroup: nil, reason: runtime.disabled,
            actions: rule.actions.compactMap(\.kind.verb), when: rule.when.description, terms: [],
            next: "")
        guard runtime.disabled == nil else {
            result.next = "does not act here"
            return result
        }
        guard let row, row < runtime.states.count else {
            result.reason = lack(of: runtime)
            result.next = "acts on no cgroup: nothing is in group \(rule.group)"
            return result
        }
        let (state, instance) = (runtime.states[row], runtime.instances[row])
        let program = state.isActing ? runtime.until : runtime.when
        result.cgroup = runtime.isAggregate ? nil : rows.cgroups[row].path
        result.state = state
        result.seconds = instance.map { (now - min($0.since, now)) / 1_000_000_000 }
        result.reason = instance?.reason ?? lack(of: runtime)
        result.failure = instance?.failure
        result.terms = measurements.evidence(program, row: row, withReasons: true)
        result.next = next(place, row, state, instance ?? RuleRuntime.Instance())
        return result
    }

    // MARK: What it waits for

    private func next(
        _ place: Int, _ row: Int, _ state: RuleState, _ instance: RuleRuntime.Instance
    ) -> String {
        let runtime = rules[place]
        let rule = runtime.rule
        switch state {
        case .idle:
            if let lack = lack(of: runtime) { return "does not act here: \(lack)" }
            return "acts once " + isTrue(runtime.when, row, for: rule.holdTime)
        case .pending:
            return "acts in \(left(rule.holdTime.nanoseconds, after: instance.timer)) if "
                + "\(runtime.when.text) stays true"
        case .blocked: return "acts once nothing is in its way"
        case .active:
            return "ends once " + isTrue(runtime.until, row, for: rule.clearTime)
                + atLatest(rule, instance)
        case .clearing:
            let least = instance.growth > 1 ? measurements.interval : 0
            let time = max(rule.clearTime.nanoseconds, least) * instance.growth
            return "ends in \(left(time, after: instance.timer)) if \(runtime.until.text) stays "
                + "true" + atLatest(rule, instance)
        case .relaxing: return "takes the next step back in \(left(instance.nextStep, after: now))"
        case .cooldown:
            let end = instance.since + rule.cooldown.nanoseconds * instance.cooldownFactor
            return "rests for \(left(end, after: now))"
        case .suspended: return "tries again in \(left(instance.nextStep, after: now))"
        }
    }

    private func atLatest(_ rule: Rule, _ instance: RuleRuntime.Instance) -> String {
        rule.longestActive.map {
            ", in \(left(instance.activeSince + $0.nanoseconds, after: now)) at the latest"
        } ?? ""
    }

    /// `pids.current > 5 and host.load > 1 are true for 10s`: only what is not true yet.
    private func isTrue(_ program: Program, _ row: Int, for time: Duration) -> String {
        let lacking = measurements.lacking(program, row: row) ?? program.text
        return "\(lacking) is true" + (time > .zero ? " for \(time.policyText)" : "")
    }

    /// Whole seconds, rounded up, from one instant or length to a later one.
    private func left(_ end: UInt64, after start: UInt64) -> String {
        "\((max(end, start) - start + 999_999_999) / 1_000_000_000) s"
    }
}

extension RuleState {
    /// Whether the rule has acted and waits for its end.
    fileprivate var isActing: Bool { self == .active || self == .clearing }
}
