package import CgroupModel

/// What one pool gets of the machine's CPUs.
package struct PoolShare: Hashable, Sendable {
    /// The pool's name.
    package var pool: String
    /// Its CPUs; empty if there are too few and nothing is left of what it had.
    package var cpus: RangeList
    /// The memory nodes of these CPUs; nil if the pool does not care.
    package var mems: RangeList?
    /// Why it does not get what it wants; nil if it does.
    package var shortage: String?
    /// Whether nobody else of the machine gets these CPUs.
    package var isExclusive: Bool

    package init(
        pool: String, cpus: RangeList, mems: RangeList?, shortage: String?, isExclusive: Bool
    ) {
        self.pool = pool
        self.cpus = cpus
        self.mems = mems
        self.shortage = shortage
        self.isExclusive = isExclusive
    }
}

/// Who gets which CPUs of the machine.
package struct PoolAssignment: Hashable, Sendable {
    /// What no pool takes.
    package var reserved: RangeList
    /// What no exclusive pool took: reserved CPUs and those that all share; never empty while a
    /// CPU is online.
    package var rest: RangeList
    /// What each pool gets, in the order of the policy.
    package var shares: [PoolShare]

    /// What a pool gets.
    package func share(of pool: String) -> PoolShare? { shares.first { $0.pool == pool } }
}

extension PoolAssignment {
    /// Divides the CPUs that are online: the same facts always give the same sets.
    ///
    /// A pool keeps what it had as long as that still suits it. Otherwise it gets the lowest CPUs
    /// that do: of one memory node unless it does not care, of several if it need not be strict.
    /// If there are too few it keeps what is left of what it had.
    ///
    /// - Parameters:
    ///   - pools: In the order of the policy; exclusive ones choose first.
    ///   - reserved: What no pool takes; a number of CPUs is rounded up to whole cores.
    ///   - allowed: By pool, the CPUs that the parents of its cgroups may use; absent for all.
    ///   - previous: By pool, the last set that suited it.
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
        // Told by what is free in the end, which does not depend on who was asked first.
        for pool in pools where short.contains(pool.name) {
            found[pool.name]?.shortage = choice.shortage(of: pool, candidates(pool))
        }
        self.reserved = RangeList(kept)
        self.rest = RangeList(rest)
        shares = pools.compactMap { found[$0.name] }
    }
}
