import CgroupModel
package import PolicyLanguage

/// Raises memory.high of a livelocked cgroup (v2) to max for ten minutes, overriding lower layers.
///
/// Only values that the policy itself sets are watched.
package struct HighWatchSource: LayerSource {
    private static let names: Set<String> = ["memory.high", "memory.soft_limit"]

    private var list = HighWatchList()
    private var keys: [String: Set<LimitKey>]
    private var resting: [Effect.Target: Set<LimitKey>] = [:]

    /// Watches the memory.high values of a policy.
    package init(_ document: PolicyDocument) { keys = Self.keys(of: document) }

    /// Overrides all rules.
    package var layer: Layer { .guards }

    /// Applies a new policy.
    package mutating func reload(_ document: PolicyDocument) { keys = Self.keys(of: document) }

    /// Raises memory.high of livelocked cgroups until their pause is over.
    package mutating func propose(_ context: LayerContext) -> LayerProposal {
        guard !keys.isEmpty || !resting.isEmpty else { return LayerProposal() }
        let snapshot = context.input.snapshot
        var watched: [CgroupID: Set<LimitKey>] = [:]
        for (group, keys) in keys {
            for position in context.members[group] ?? [] {
                watched[snapshot.cgroups[position].id, default: []].formUnion(keys)
            }
        }
        let before = resting
        let stalled = list.observe(
            snapshot, watched: Set(watched.keys), at: context.input.time)
        for target in stalled { resting[target] = watched[target.cgroup] }
        resting = resting.filter { list.isResting($0.key.cgroup, at: context.input.time) }
        guard resting != before else { return LayerProposal() }
        return LayerProposal(wishes: wishes)
    }

    private var wishes: [LayerWish] {
        resting.sorted { $0.key.path < $1.key.path }.flatMap { target, keys in
            keys.sorted().map { key in
                LayerWish(
                    target: target, key: key, value: .unlimited, origin: .engine,
                    cause: Cause("memory.high stalled the cgroup (livelock)"))
            }
        }
    }

    /// Returns the limits that set memory.high, by group.
    private static func keys(of document: PolicyDocument) -> [String: Set<LimitKey>] {
        var keys: [String: Set<LimitKey>] = [:]
        func note(_ group: String, _ settings: [Setting]) {
            for case .limit(let key, _) in settings where names.contains(key.name) {
                keys[group, default: []].insert(key)
            }
        }
        for limits in document.limits {
            note(limits.group, limits.settings + limits.overrides.values.flatMap { $0 })
        }
        for rule in document.rules {
            for action in rule.actions {
                switch action.kind {
                case .set(let settings): note(rule.group, settings)
                case .scale(let scaling): note(rule.group, [.limit(scaling.key, .unlimited)])
                default: break
                }
            }
        }
        return keys
    }
}
