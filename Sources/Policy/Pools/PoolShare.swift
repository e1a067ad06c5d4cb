package import CgroupModel
package import PolicyLanguage

/// One pool's share of the host's CPUs.
package struct PoolShare: Hashable, Sendable {
    /// The name of the pool.
    package var pool: String
    /// Its CPUs; empty if there are too few and none of its previous ones is left.
    package var cpus: RangeList
    /// The memory nodes of these CPUs; nil for any.
    package var mems: RangeList?
    /// Why it is not satisfied; nil if it is.
    package var shortage: String?
    /// Whether these CPUs are exclusive.
    package var isExclusive: Bool
}

/// The assignment of the host's CPUs.
package struct PoolAssignment: Hashable, Sendable {
    /// The reserved CPUs.
    package var reserved: RangeList
    /// The CPUs in no exclusive pool: reserved and shared ones; never empty while a CPU is
    /// online.
    package var rest: RangeList
    /// The share of each pool, in the order of the policy.
    package var shares: [PoolShare]

    /// Returns the share of a pool.
    package func share(of pool: String) -> PoolShare? { shares.first { $0.pool == pool } }
}

extension PoolAssignment {
    /// Assigns the online CPUs; deterministic for the same inputs.
    ///
    /// A pool keeps its previous set while it is valid. Otherwise it gets the lowest CPUs
    /// that fit: of one memory node if it prefers that, of several if it is not strict.
    /// If there are too few, it keeps the rest of its previous set.
    ///
    /// - Parameters:
    ///   - pools: In the order of the policy; exclusive ones choose first.
    ///   - reserved: The CPUs that no pool gets; a number of CPUs is rounded up to whole cores.
    ///   - allowed: The CPUs that the parents of a pool's cgroups may use, by pool; absent for all.
    ///   - previous: The last valid set of each pool.
    package init(
        _ pools: [CPUPool], reserved: CPUDemand?, topology: CPUTopology,
        allowed: [String: RangeList] = [:], previous: [String: RangeList] = [:]
    ) {
        let choice = CPUChoice(topology)
        let online = Set(topology.cpus.map(\.id))
        let kept = reserved.map { choice.reserved($0) } ?? []
        var rest = online
        var found: [String: PoolShare] = [:]
        var short: Set<String> = []

        func candidates(_ pool: CPUPool) -> Set<Int> {
            let possible = rest.subtracting(kept)
            return allowed[pool.name].map { possible.intersection($0.numbers) } ?? possible
        }
        func give(_ pool: CPUPool, _ cpus: Set<Int>) {
            if pool.isExclusive { rest.subtract(cpus) }
            found[pool.name] = PoolShare(
                pool: pool.name, cpus: RangeList(cpus),
                mems: pool.numa == .none || cpus.isEmpty ? nil : choice.nodes(of: cpus),
                shortage: nil, isExclusive: pool.isExclusive)
        }
        func leavesSome(_ pool: CPUPool, _ cpus: Set<Int>) -> Bool {
            !pool.isExclusive || !rest.subtracting(cpus).isEmpty
        }
        for isExclusive in [true, false] {
            let round = pools.filter { $0.isExclusive == isExclusive }
            for pool in round {
                let had = Set(previous[pool.name]?.numbers ?? [])
                if choice.suits(had, pool, candidates(pool)), leavesSome(pool, had) {
                    give(pool, had)
                }
            }
            for pool in round where found[pool.name] == nil {
                let free = candidates(pool)
                let sets = choice.sets(for: pool, in: free)
                if let cpus = sets.first(where: { leavesSome(pool, $0) }) {
                    give(pool, cpus)
                    continue
                }
                let left = free.intersection(previous[pool.name]?.numbers ?? [])
                give(pool, leavesSome(pool, left) ? left : [])
                short.insert(pool.name)
            }
        }
        // Reported from the final free set, which does not depend on the order.
        for pool in pools where short.contains(pool.name) {
            found[pool.name]?.shortage = choice.shortage(of: pool, candidates(pool))
        }
        self.reserved = RangeList(kept)
        self.rest = RangeList(rest)
        shares = pools.compactMap { found[$0.name] }
    }
}
