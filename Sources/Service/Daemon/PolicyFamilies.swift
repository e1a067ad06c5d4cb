#if Exporter
import CgroupModel
import Enforcement
import Exporter
import Policy
import Reports

/// The metrics of the policy itself, for Prometheus.
struct PolicyFamilies {
    private let state: DaemonState
    private let actions: [(key: ActionTally.Key, value: ActionTally.Count)]

    init(_ state: DaemonState, _ actions: ActionTally) {
        self.state = state
        self.actions = actions.current
    }

    var all: [ProgramFamily] {
        let policy = state.policy
        return [
            .counter(
                "cgwarden_policy_firings_total", "Firings and repetitions of each rule.",
                policy.firings.map { sample($0.count, rule: $0.rule) }),
            .counter(
                "cgwarden_policy_vetoes_total", "Times that each rule was kept from acting.",
                policy.vetoes.map { sample($0.count, rule: $0.rule) }),
            .gauge(
                "cgwarden_policy_cgroups", "Cgroups that each rule watches.",
                policy.watched.map { sample(UInt64($0.count), rule: $0.rule) }),
            .gauge("cgwarden_policy_active", "Cgroups on which each rule is active.", active),
            .counter(
                "cgwarden_policy_actions_total",
                "Actions of each rule, by action and result.",
                actions.map { ProgramFamily.Sample($0.value.count, labels: labels($0.key)) }),
            .gauge(
                "cgwarden_policy_last_action_timestamp_seconds", unit: "seconds",
                dividedBy: 1_000_000, "Time of the last such action, in Unix time.",
                actions.filter { $0.value.count > 0 }.map {
                    ProgramFamily.Sample($0.value.last, labels: labels($0.key))
                }),
            .gauge(
                "cgwarden_policy_disabled", "Rules that this host does not support.",
                policy.disabled.map { sample(1, rule: $0.rule) }),
            .counter(
                "cgwarden_policy_budget_exhausted_total",
                "Times that a budget kept rules from acting.",
                policy.budgetHits.map {
                    ProgramFamily.Sample($0.count, labels: [("budget", $0.budget)])
                }),
            .counter(
                "cgwarden_policy_conflicts_total", "Conflicting requests of equal priority.",
                [ProgramFamily.Sample(policy.conflicts)]),
            .counter(
                "cgwarden_policy_drifts_total", "Values changed by other programs.",
                [ProgramFamily.Sample(policy.drifts)]),
            .gauge(
                "cgwarden_policy_duration_seconds", unit: "seconds", dividedBy: 1_000_000_000,
                "Time that the policy took in the last tick.",
                [ProgramFamily.Sample(state.duration)]),
            .counter(
                "cgwarden_ticks_total", "Samples taken.", [ProgramFamily.Sample(state.ticks)]),
            .counter(
                "cgwarden_late_ticks_total", "Samples that came late.",
                [ProgramFamily.Sample(state.lateTicks)]),
            .gauge(
                "cgwarden_config_last_reload_successful",
                "Whether the last reload of the policy succeeded.",
                [ProgramFamily.Sample(state.isReloaded ? 1 : 0)]),
            .gauge(
                "cgwarden_config_last_reload_success_timestamp_seconds", unit: "seconds",
                dividedBy: 1_000_000, "Time of the last successful reload, in Unix time.",
                [ProgramFamily.Sample(state.reloadTime)]),
            .gauge(
                "cgwarden_guard_state", "1 for the current state of each OOM guard.",
                state.guards.map { status in
                    ProgramFamily.Sample(
                        1,
                        labels: [
                            ("guard", status.name), ("cgroup", status.target.path.description),
                            ("state", status.state.rawValue),
                        ])
                }),
        ]
    }

    private var active: [ProgramFamily.Sample] {
        state.policy.watched.map { rule, _ in
            let count = state.policy.states.count { $0.rule == rule && $0.state.isActive }
            return sample(UInt64(count), rule: rule)
        }
    }

    private func labels(_ key: ActionTally.Key) -> [(name: String, value: String)] {
        [("rule", key.rule), ("action", key.action), ("result", key.result)]
    }

    private func sample(_ count: UInt64, rule: String) -> ProgramFamily.Sample {
        ProgramFamily.Sample(count, labels: [("rule", rule)])
    }
}
#endif
