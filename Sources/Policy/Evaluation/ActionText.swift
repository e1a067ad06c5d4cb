import CgroupModel

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
    var disturbance: DisruptiveAction? {
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
    var verb: String? {
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
        case .limit(let key, let value): LimitAssignment(key, value).text
        case .pool(let name): "cpuset.pool=\(name)"
        }
    }
}

extension LimitAssignment {
    /// `memory.max=512MiB`.
    var text: String { "\(key)=\(key.text(value))" }
}

extension LimitKey {
    func text(_ value: LimitValue) -> String { limit?.grammar.text(value) ?? "?" }
}

extension Rule {
    /// The most disruptive of its steps.
    var disruption: DisruptiveAction? {
        let kinds = actions.compactMap(\.kind.disturbance)
        return [.kill, .freeze, .reclaim].first { kinds.contains($0) }
    }

    var kills: Bool { actions.contains { $0.kind.disturbance == .kill } }

    var thaws: Bool { actions.contains { $0.kind == .thaw } }
}

extension Effect.Kind {
    /// The word for the audit log.
    package var name: String {
        switch self {
        case .set: "set"
        case .restore: "restore"
        case .freeze: "freeze"
        case .thaw: "thaw"
        case .reclaim: "reclaim"
        case .kill: "kill"
        case .hook: "hook"
        case .notify: "notify"
        case .log: "log"
        }
    }

    /// What is to be done in detail.
    var text: String? {
        switch self {
        case .set(let assignments): assignments.map(\.text).joined(separator: " ")
        case .restore(let keys): keys.map(\.description).joined(separator: " ")
        case .freeze(let deadline): "for \(deadline.policyText) at most"
        case .thaw: nil
        case .reclaim(let reclaiming):
            switch reclaiming.amount {
            case .bytes(let bytes): LimitValue.number(bytes).byteText
            case .down(let level): "down to \(LimitValue.number(level).byteText)"
            }
        case .kill(let signal, let grace, _): "\(signal), grace \(grace.policyText)"
        case .hook(let name, let phase, _): "\(name) \(phase.rawValue)"
        case .notify(_, _, let text), .log(_, let text): text
        }
    }
}

extension Effect.Origin {
    /// How people name it.
    package var text: String {
        switch self {
        case .limits(let group, let index): "limits[\(index)] of \(group)"
        case .pool(let name): "pool \(name)"
        case .autosize(let name): "autosize \(name)"
        case .rule(let name): "rule \(name)"
        case .guarding(let name): "guard \(name)"
        case .engine: "the engine"
        }
    }
}
