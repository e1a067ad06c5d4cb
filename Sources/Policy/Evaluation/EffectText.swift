import CgroupModel
import PolicyLanguage

extension LimitAssignment {
    /// `memory.max=512MiB`.
    var text: String { "\(key)=\(key.text(value))" }
}

extension Effect.Kind {
    /// The name in the audit log.
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

    /// The parameters, for the audit log.
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
    /// The name in messages.
    package var text: String {
        switch self {
        case .limits(let group, let index): "limits[\(index)] of \(group)"
        case .pool(let name): "pool \(name)"
        case .autosize(let name): "autosize \(name)"
        case .rule(let name): "rule \(name)"
        case .guarding(let name): "guard \(name)"
        case .engine: "the daemon"
        }
    }
}
