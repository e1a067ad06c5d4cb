package import CgroupModel
package import PolicyLanguage

/// Who may want something of a value; a higher layer wins over a lower one.
///
/// Below all is the original value, above all an operator's hold, which leaves everything as it is.
package enum Layer: Int, Hashable, Sendable, Comparable, CaseIterable {
    case limits, pools, autosize, rules, guards

    /// Lower layers are less.
    package static func < (left: Layer, right: Layer) -> Bool { left.rawValue < right.rawValue }
}

extension Effect.Origin {
    /// The layer that it belongs to.
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

/// What a layer wants one value of one cgroup to be.
package struct LayerWish: Hashable, Sendable {
    /// Of which cgroup.
    package var target: Effect.Target
    /// Which value.
    package var key: LimitKey
    /// What it is to be.
    package var value: LimitValue
    /// Who wants it.
    package var origin: Effect.Origin
    /// Among wishes of one layer the highest wins; equal ones give the stricter value.
    package var priority: Int
    /// Why.
    package var cause: Cause

    package init(
        target: Effect.Target, key: LimitKey, value: LimitValue, origin: Effect.Origin,
        priority: Int = 0, cause: Cause
    ) {
        self.target = target
        self.key = key
        self.value = value
        self.origin = origin
        self.priority = priority
        self.cause = cause
    }
}

/// What a ``LayerSource`` wants in one tick.
package struct LayerProposal: Hashable, Sendable {
    /// Something that is done once, such as reclaiming memory or telling someone.
    package struct Act: Hashable, Sendable {
        /// Who wants it.
        package var origin: Effect.Origin
        /// On which cgroup.
        package var target: Effect.Target
        /// What is to be done.
        package var kind: Effect.Kind
        /// Why.
        package var cause: Cause

        package init(
            origin: Effect.Origin, target: Effect.Target, kind: Effect.Kind, cause: Cause
        ) {
            self.origin = origin
            self.target = target
            self.kind = kind
            self.cause = cause
        }
    }

    /// All values that the layer wants; nil if they are those of the tick before.
    ///
    /// A value that was wanted before and is not any more goes back to the next lower layer.
    package var wishes: [LayerWish]?
    /// What is done in this tick besides; the engine still checks protection, holds and budgets.
    package var acts: [Act]

    package init(wishes: [LayerWish]? = nil, acts: [Act] = []) {
        self.wishes = wishes
        self.acts = acts
    }
}

/// What a ``LayerSource`` may look at.
package struct LayerContext: Sendable {
    /// The snapshot, the time and the CPUs.
    package var input: PolicyInput
    /// The policy.
    package var document: PolicyDocument
    /// By group name, the positions of its members in ``Snapshot/cgroups``, in path order.
    package var members: [String: [Int]]
    /// The same with those that hold no process now, for what holds as long as a cgroup exists.
    package var present: [String: [Int]]
    /// Whether any group's members differ from those of the tick before.
    package var membersChanged: Bool
    /// Which of ``PolicyDocument/limits`` hold now (`during`, `when`), by index.
    package var holding: [Bool]

    package init(
        input: PolicyInput, document: PolicyDocument, members: [String: [Int]],
        present: [String: [Int]]? = nil, membersChanged: Bool, holding: [Bool]
    ) {
        self.input = input
        self.document = document
        self.members = members
        self.present = present ?? members
        self.membersChanged = membersChanged
        self.holding = holding
    }
}

/// A layer whose wishes are computed elsewhere: CPU pools and autosizing.
///
/// It is asked once a tick, after the groups were matched and before the rules. It is a value:
/// equal calls give equal answers.
package protocol LayerSource: Sendable {
    /// Which layer its wishes belong to.
    var layer: Layer { get }
    /// What it wants now.
    mutating func propose(_ context: LayerContext) -> LayerProposal
    /// Another policy holds from the next tick on.
    mutating func reload(_ document: PolicyDocument)
    /// What became of its own effects (those whose origin is of its layer).
    mutating func took(_ result: EffectResult, of effect: Effect)
    /// The CPUs and memory nodes of a pool as they were last computed, for rules that pin to it;
    /// nil for a pool that is not its own or cannot be had.
    func lists(ofPool name: String) -> (cpus: RangeList, mems: RangeList?)?
    /// Who may still use CPUs that the layer gives to others alone, for `plan`.
    func leftovers(_ context: LayerContext) -> [PoolLeftover]
    /// Numbers for the exporter, such as a suggested size.
    var numbers: [LayerNumber] { get }
}

extension LayerSource {
    /// Nothing to learn.
    package mutating func took(_ result: EffectResult, of effect: Effect) {}
    /// No pools.
    package func lists(ofPool name: String) -> (cpus: RangeList, mems: RangeList?)? { nil }
    /// No CPUs.
    package func leftovers(_ context: LayerContext) -> [PoolLeftover] { [] }
    /// No numbers.
    package var numbers: [LayerNumber] { [] }
}

/// A number that a layer tells of a cgroup.
package struct LayerNumber: Hashable, Sendable {
    /// What it is: `autosize.suggested`.
    package var name: String
    /// Who tells it.
    package var origin: Effect.Origin
    /// Of which cgroup.
    package var target: Effect.Target
    /// The number, in base units.
    package var value: Double

    package init(name: String, origin: Effect.Origin, target: Effect.Target, value: Double) {
        self.name = name
        self.origin = origin
        self.target = target
        self.value = value
    }
}
