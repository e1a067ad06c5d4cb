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

    /// The name of its effect in the audit log.
    package var effectName: String {
        switch self {
        case .scale, .pin: "set"
        default: name
        }
    }

    /// The disruptive action; nil if it is not disruptive.
    ///
    /// A cgroup gets at most one per tick.
    package var disturbance: DisruptiveAction? {
        switch self {
        case .freeze: .freeze
        case .kill: .kill
        case .reclaim: .reclaim
        default: nil
        }
    }

    /// The default of `on_error`: whether the following steps run if it fails.
    ///
    /// A failed hook does not end the chain, because it says nothing about the cgroup.
    var usuallyContinues: Bool {
        if case .hook = self { true } else { false }
    }

    /// The phrase for messages, such as `set memory.max=1GiB`; nil for `notify` and `log`.
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
    /// The most disruptive of its actions; nil if none is disruptive.
    package var disruption: DisruptiveAction? {
        let kinds = actions.compactMap(\.kind.disturbance)
        return [.kill, .freeze, .reclaim].first { kinds.contains($0) }
    }

    /// Whether a step thaws.
    package var thaws: Bool { actions.contains { $0.kind == .thaw } }
}
