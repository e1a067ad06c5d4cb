import CgroupModel
import PolicyLanguage

/// Describes the rule for reports.
extension RuleRuntime {
    /// Adds the rule's states and counts.
    func add(to metrics: inout PolicyMetrics, _ sight: Sight) {
        if let disabled { return metrics.disabled.append((rule.name, disabled)) }
        if let lack = lack(sight) { metrics.disabled.append((rule.name, lack)) }
        metrics.watched.append((rule.name, rows.order.count))
        metrics.firings.append((rule.name, firingCount))
        metrics.vetoes.append((rule.name, vetoCount))
        for row in rows.order where states[row] != .idle {
            metrics.states.append(
                PolicyMetrics.State(
                    rule: rule.name, target: isAggregate ? nil : sight.target(row),
                    state: states[row]))
        }
    }

    /// Returns the state for a cgroup; `row` is nil for a rule without cgroups.
    func explanation(
        _ row: Row?, _ sight: Sight, _ measurements: Measurements
    ) -> RuleExplanation {
        var result = RuleExplanation(
            rule: rule.name, cgroup: nil, reason: disabled,
            actions: rule.actions.compactMap(\.kind.verb), when: rule.when.description, terms: [],
            next: "")
        guard disabled == nil else {
            result.next = "does not apply on this host"
            return result
        }
        guard let row, row < states.endIndex else {
            result.reason = lack(sight)
            guard sight.input != nil else {
                result.next = "waits for the first sample"
                return result
            }
            result.next = "acts on no cgroup: group \(rule.group) has no populated cgroups"
            return result
        }
        let (state, instance) = (states[row], instances[row])
        let program = state.isActing ? until : when
        result.cgroup = isAggregate ? nil : sight.path(row)
        result.state = state
        result.seconds = instance.map { (sight.now - min($0.since, sight.now)) / 1_000_000_000 }
        result.reason = instance?.reason ?? lack(sight)
        result.failure = instance?.failure
        result.terms = measurements.evidence(program, row: row, withReasons: true)
        result.next = next(row, state, instance ?? Instance(), sight, measurements)
        return result
    }

    // MARK: What it waits for

    private func next(
        _ row: Row, _ state: RuleState, _ instance: Instance, _ sight: Sight,
        _ measurements: Measurements
    ) -> String {
        switch state {
        case .idle:
            if let lack = lack(sight) { return "does not apply on this host: \(lack)" }
            return "acts once " + isTrue(when, row, for: rule.holdTime, measurements)
        case .pending:
            return "acts in \(left(rule.holdTime.nanoseconds, after: instance.timer)) if "
                + "\(when.text) stays true"
        case .blocked: return "acts once it is no longer blocked"
        case .active:
            return "ends once " + isTrue(until, row, for: rule.clearTime, measurements)
                + atLatest(instance, sight.now)
        case .clearing:
            let time = clearTime(row, sight.interval)
            return "ends in \(left(time, after: instance.timer)) if \(until.text) stays "
                + "true" + atLatest(instance, sight.now)
        case .relaxing:
            return "takes the next step back in \(left(instance.nextStep, after: sight.now))"
        case .cooldown:
            let end = instance.since + rule.cooldown.nanoseconds * instance.cooldownFactor
            return "pauses for \(left(end, after: sight.now))"
        case .suspended: return "tries again in \(left(instance.nextStep, after: sight.now))"
        }
    }

    private func atLatest(_ instance: Instance, _ now: UInt64) -> String {
        rule.longestActive.map {
            ", in \(left(instance.activeSince + $0.nanoseconds, after: now)) at the latest"
        } ?? ""
    }

    /// `host.load > 1 is true for 10s`: only the parts that are not true yet.
    private func isTrue(
        _ program: Program, _ row: Row, for time: Duration, _ measurements: Measurements
    ) -> String {
        let lacking = measurements.lacking(program, row: row) ?? program.text
        return "\(lacking) is true" + (time > .zero ? " for \(time.policyText)" : "")
    }

    /// Returns the difference in whole seconds, rounded up.
    private func left(_ end: UInt64, after start: UInt64) -> String {
        "\((max(end, start) - start + 999_999_999) / 1_000_000_000) s"
    }
}

extension RuleState {
    /// Whether the rule acts and waits for `until`.
    fileprivate var isActing: Bool { self == .active || self == .clearing }
}
