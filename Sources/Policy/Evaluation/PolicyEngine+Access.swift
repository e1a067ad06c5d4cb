/// What whoever runs the engine needs besides its ticks.
extension PolicyEngine {
    /// The policy that holds.
    public var policy: PolicyDocument { document }

    /// The cgroups of a group as they were at the last tick, in path order.
    public func members(of group: String) -> [Effect.Target] {
        matcher.members(of: group).map { rows.cgroups[rows.rowAt[$0]].target }
    }

    /// Takes what became of effects after ``stop()``; what is to be written down of it.
    public mutating func conclude(_ results: [EffectResult]) -> [AuditRecord] {
        output = PolicyOutput()
        takeResults(results)
        return output.audit
    }
}

extension Effect.Kind {
    /// Whether it may hurt who lives in the cgroup.
    public var isDisruptive: Bool {
        switch self {
        case .freeze, .kill, .reclaim, .set: true
        case .restore, .thaw, .hook, .notify, .log: false
        }
    }
}
