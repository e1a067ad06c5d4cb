package import CgroupModel
package import PolicyLanguage

/// Why one value of a cgroup is what it is.
package struct ValueExplanation: Hashable, Sendable {
    /// One layer's wish.
    package struct Wish: Hashable, Sendable {
        /// Who requests it, how urgently, and what.
        package var layer: Layer, priority: Int, origin: Effect.Origin, value: LimitValue
        /// Why it is wanted.
        package var cause: Cause
    }

    /// Whose value it is.
    package var target: Effect.Target
    /// Which value.
    package var key: LimitKey
    /// All that is wished, the highest layer first.
    package var wishes: [Wish]
    /// Who wins; nil if nobody wants anything any more.
    package var winner: Effect.Origin?
    /// What it is to be; nil for the original.
    package var wanted: LimitValue?
    /// Why the winner wins, or why nothing is written.
    package var reason: String
    /// What it was before the first write; nil if nothing was written or it was not known.
    package var original: LimitValue?
    /// What the snapshot shows; nil if it does not hold the value.
    package var actual: LimitValue?

    /// Whether the wanted value stands already, as far as is known.
    package var isMet: Bool { wanted == nil || wanted == actual }
}

extension PolicyEngine {
    /// Every value of a cgroup that a layer wants, in the order of the names.
    package func layers(of cgroup: CgroupID) -> [ValueExplanation] {
        sight.rows.row(of: cgroup).map { values.explanations($0, sight) } ?? []
    }

    /// Every value of the cgroup at a path that a layer wants.
    package func layers(of path: CgroupPath) -> [ValueExplanation] {
        sight.row(at: path).map { values.explanations($0, sight) } ?? []
    }

    /// What the last snapshot shows against what is wanted, in path order: only values that differ.
    package func plan() -> [ValueExplanation] {
        sight.rows.rowAt.flatMap { values.explanations($0, sight) }.filter { !$0.isMet }
    }
}
