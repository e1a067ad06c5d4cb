package import CgroupModel
package import PolicyLanguage

/// Why a value of a cgroup is set as it is.
package struct ValueExplanation: Hashable, Sendable {
    /// The request of one layer.
    package struct Request: Hashable, Sendable {
        /// The layer, the priority within it, the part of the policy, and the requested value.
        package var layer: Layer, priority: Int, origin: Effect.Origin, value: LimitValue
        /// The reason for the request.
        package var cause: Cause
    }

    /// The cgroup.
    package var target: Effect.Target
    /// The limit.
    package var key: LimitKey
    /// All requests, highest layer first.
    package var requests: [Request]
    /// The origin of the request that wins; nil if there are no requests left.
    package var winner: Effect.Origin?
    /// The value to set; nil for the original.
    package var wanted: LimitValue?
    /// Why that request wins, or why nothing is written.
    package var reason: String
    /// The value before the first write; nil if unknown or nothing was written.
    package var original: LimitValue?
    /// The value in the snapshot; nil if it has none.
    package var actual: LimitValue?

    /// Whether the snapshot already shows the requested value.
    package var isMet: Bool { wanted == nil || wanted == actual }
}

extension PolicyEngine {
    /// Explains every value of a cgroup that a layer requests, sorted by name.
    package func layers(of cgroup: CgroupID) -> [ValueExplanation] {
        sight.rows.row(of: cgroup).map { values.explanations($0, sight) } ?? []
    }

    /// Explains every value of the cgroup at a path that a layer requests.
    package func layers(of path: CgroupPath) -> [ValueExplanation] {
        sight.row(at: path).map { values.explanations($0, sight) } ?? []
    }

    /// Explains the values whose requested value differs from the last snapshot, in path order.
    package func plan() -> [ValueExplanation] {
        sight.rows.rowAt.flatMap { values.explanations($0, sight) }.filter { !$0.isMet }
    }
}
