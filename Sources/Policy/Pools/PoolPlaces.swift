import CgroupModel
import PolicyLanguage

/// The cgroups of the pools in a snapshot, and the cgroups that have to make room for them.
struct PoolPlaces: Equatable {
    /// A cgroup with a pool's CPUs.
    struct Member: Equatable {
        let id: CgroupID
        let position: Int
        let pool: String
        let priority: Int
    }

    /// A cgroup that is moved off the CPUs of exclusive pools.
    struct Other: Equatable {
        let id: CgroupID
        let position: Int
        /// The pools that it makes room for, in the order of the policy.
        var pools: [String]
    }

    /// In the order of the policy's limits, then in path order.
    let members: [Member]
    /// In path order.
    let others: [Other]

    /// Finds the cgroups; `isDeep` is whether descendants must be moved themselves (v1).
    init(_ context: LayerContext, _ mode: HierarchyMode, isDeep: Bool) {
        let snapshot = context.input.snapshot
        var members: [Member] = []
        for (index, limits) in context.document.limits.enumerated()
        where index < context.holding.count && context.holding[index] {
            for case .pool(let pool) in limits.settings + (limits.overrides[mode] ?? []) {
                members += (context.present[limits.group] ?? []).map { position in
                    Member(
                        id: snapshot.cgroups[position].id, position: position, pool: pool,
                        priority: limits.priority)
                }
            }
        }
        self.members = members
        let fixed = Set(members.map(\.position))
        var above: Set<Int> = []
        for position in fixed {
            var next = snapshot.cgroups[position].parent
            while let parent = next, above.insert(parent).inserted {
                next = snapshot.cgroups[parent].parent
            }
        }
        var found: [Int: Other] = [:]
        for pool in context.document.pools where pool.isExclusive {
            var chosen: Set<Int> = []
            for position in pool.others.flatMap({ context.present[$0] ?? [] }) {
                chosen.formUnion(
                    Self.outermost(snapshot, position, fixed: fixed, above: above))
            }
            if isDeep {
                for position in chosen { chosen.formUnion(Self.below(position, snapshot)) }
            }
            for position in chosen where !fixed.contains(position) {
                found[
                    position,
                    default: Other(
                        id: snapshot.cgroups[position].id, position: position, pools: [])
                ].pools.append(pool.name)
            }
        }
        others = found.values.sorted { $0.position < $1.position }
    }

    /// Returns the cgroup itself or, if it contains the cgroup of a pool, the descendants that
    /// cover everything else.
    private static func outermost(
        _ snapshot: Snapshot, _ position: Int, fixed: Set<Int>, above: Set<Int>
    ) -> [Int] {
        if fixed.contains(position) { return [] }
        let isWhole = snapshot.cgroups[position].path.isRoot
        guard above.contains(position) || isWhole else { return [position] }
        return below(position, snapshot).filter { snapshot.cgroups[$0].parent == position }
            .flatMap { outermost(snapshot, $0, fixed: fixed, above: above) }
    }

    /// All descendants of a cgroup, which directly follow it.
    static func below(_ position: Int, _ snapshot: Snapshot) -> Range<Int> {
        let path = snapshot.cgroups[position].path
        var end = position + 1
        while end < snapshot.cgroups.count, snapshot.cgroups[end].path.isWithin(path) { end += 1 }
        return position + 1..<end
    }
}
