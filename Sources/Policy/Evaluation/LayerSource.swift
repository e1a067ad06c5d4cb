package import CgroupModel
package import PolicyLanguage

/// The parts of a policy that request values; a higher layer overrides a lower one.
///
/// The original value is below all layers. An operator's hold is above them and leaves everything
/// unchanged.
package enum Layer: Int, Hashable, Sendable, Comparable, CaseIterable {
    case limits, pools, autosize, rules, guards

    /// Orders layers from lowest to highest.
    package static func < (left: Layer, right: Layer) -> Bool { left.rawValue < right.rawValue }
}

extension Effect.Origin {
    /// The layer of the origin; nil for the engine itself.
    var layer: Layer? {
        switch self {
        case .limits: .limits
        case .pool: .pools
        case .autosize: .autosize
        case .rule: .rules
        case .guarding: .guards
        case .engine: nil
        }
    }
}

/// A layer's request for one value of one cgroup.
package struct LayerWish: Hashable, Sendable {
    /// The cgroup.
    package var target: Effect.Target
    /// The limit.
    package var key: LimitKey
    /// The requested value.
    package var value: LimitValue
    /// The part of the policy that requests it.
    package var origin: Effect.Origin
    /// The priority within the layer: the highest wins, and among equal ones the stricter value.
    package var priority = 0
    /// The reason.
    package var cause: Cause
}

/// The requests of a ``LayerSource`` in one tick.
package struct LayerProposal: Hashable, Sendable {
    /// A one-time action, such as reclaiming memory or sending a notification.
    package struct Act: Hashable, Sendable {
        /// The part of the policy that requests it.
        package var origin: Effect.Origin
        /// The cgroup.
        package var target: Effect.Target
        /// The action.
        package var kind: Effect.Kind
        /// The reason.
        package var cause: Cause
    }

    /// All values that the layer requests; nil if they are unchanged since the previous tick.
    ///
    /// A value that is no longer requested falls to the next lower layer.
    package var wishes: [LayerWish]?
    /// One-time actions of this tick; the engine still checks protection, holds and budgets.
    package var acts: [Act] = []
}

/// The input of a ``LayerSource``.
package struct LayerContext: Sendable {
    /// The snapshot, the time and the CPUs.
    package var input: PolicyInput
    /// The policy.
    package var document: PolicyDocument
    /// The positions of each group's members in ``Snapshot/cgroups``, in path order, by group name.
    package var members: [String: [Int]]
    /// The same including empty cgroups, for requests that last as long as a cgroup exists.
    package var present: [String: [Int]]
    /// Whether each of ``PolicyDocument/limits`` is in force now (`during`, `when`), by index.
    package var holding: [Bool]

    package init(
        input: PolicyInput, document: PolicyDocument, members: [String: [Int]],
        present: [String: [Int]]? = nil, holding: [Bool]
    ) {
        self.input = input
        self.document = document
        self.members = members
        self.present = present ?? members
        self.holding = holding
    }
}

/// A layer that is computed outside the engine: CPU pools and autosizing.
///
/// The engine asks it once per tick, after matching the groups and before the rules. A source is
/// deterministic: equal calls return equal results.
package protocol LayerSource: Sendable {
    /// The layer of its requests.
    var layer: Layer { get }
    /// Returns its requests for this tick.
    mutating func propose(_ context: LayerContext) -> LayerProposal
    /// Applies a new policy from the next tick on.
    mutating func reload(_ document: PolicyDocument)
    /// Receives the result of one of its own effects, whose origin is of its layer.
    mutating func took(_ result: EffectResult, of effect: Effect)
    /// Returns the CPUs and memory nodes of a pool as last computed, for rules that pin to it.
    ///
    /// Nil for a pool of another source, or one that cannot be satisfied.
    func lists(ofPool name: String) -> (cpus: RangeList, mems: RangeList?)?
    /// Returns the cgroups that can still use CPUs of exclusive pools, for `plan`.
    func leftovers(_ context: LayerContext) -> [PoolLeftover]
}

extension LayerSource {
    /// Ignores the result.
    package mutating func took(_ result: EffectResult, of effect: Effect) {}
    /// Returns nil: there are no pools.
    package func lists(ofPool name: String) -> (cpus: RangeList, mems: RangeList?)? { nil }
    /// Returns nothing: there are no exclusive pools.
    package func leftovers(_ context: LayerContext) -> [PoolLeftover] { [] }
}
