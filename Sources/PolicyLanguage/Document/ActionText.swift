package import CgroupModel

extension RuleAction.Kind {
    /// The key in the file.
    var name: String {
        switch self {
        case .set: "set"
        case .scale: "scale"
        case .freeze: "freeze"
        case .thaw: "thaw"
        case .pin: "pin"
        case .reclaim: "reclaim"
        case .kill: "kill"
        case .hook: "hook"
        case .notify: "notify"
        case .log: "log"
        }
    }

    /// What the effect of it is called in the audit log.
    package var effectName: String {
        switch self {
        case .scale, .pin: "set"
        default: name
        }
    }

    /// What of it is done at most once to a cgroup in a tick.
    package var disturbance: DisruptiveAction? {
        switch self {
        case .freeze: .freeze
        case .kill: .kill
        case .reclaim: .reclaim
        default: nil
        }
    }

    /// Whether the steps after it are done if it fails, unless something else is said: a program
    /// of the operator's that fails is no reason to leave the rest undone.
    var usuallyContinues: Bool {
        if case .hook = self { true } else { false }
    }

    /// What people are told of it; nil for the telling itself.
    package var verb: String? {
        switch self {
        case .set(let settings): "set \(settings.map(\.text).joined(separator: " "))"
        case .scale(let scaling): "scale \(scaling.key)"
        case .hook(let name, _): "run \(name)"
        case .notify, .log: nil
        case .freeze, .thaw, .pin, .reclaim, .kill: name
        }
    }
}

extension Setting {
    var text: String {
        switch self {
        case .limit(let key, let value): "\(key)=\(key.text(value))"
        case .pool(let name): "cpuset.pool=\(name)"
        }
    }
}

extension LimitKey {
    /// Formats a value of this limit; `?` if the limit is unknown.
    package func text(_ value: LimitValue) -> String { limit?.grammar.text(value) ?? "?" }
}

extension Rule {
    /// The most disruptive of its steps.
    package var disruption: DisruptiveAction? {
        let kinds = actions.compactMap(\.kind.disturbance)
        return [.kill, .freeze, .reclaim].first { kinds.contains($0) }
    }

    /// Whether a step kills.
    package var kills: Bool { actions.contains { $0.kind.disturbance == .kill } }

    /// Whether a step thaws.
    package var thaws: Bool { actions.contains { $0.kind == .thaw } }
}
