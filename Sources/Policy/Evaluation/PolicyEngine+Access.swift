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
        matcher.members(of: group).map { rows.cgroups[rows.rowAt[$0]].target }
    }

    /// The cgroups of a group as they were at the last tick whether they hold a process or not, in
    /// path order: what lasts as long as a cgroup exists does not end when it is empty for a moment.
    package func present(of group: String) -> [Effect.Target] {
        matcher.present(of: group).map { rows.cgroups[rows.rowAt[$0]].target }
    }

    /// Takes what became of effects before or after ``stop()``; what is to be written down of it.
    package mutating func conclude(_ results: [EffectResult]) -> [AuditRecord] {
        takeResults(results)
        return finish().audit
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
