package import CgroupModel
package import PolicyLanguage

/// The layer of the CPU pools: assigns CPUs to cgroups, and moves other cgroups off these CPUs.
///
/// It only requests values: the engine writes wider cpusets from the top down and
/// then narrower ones from the bottom up, and in reverse order when undoing.
package struct PoolSource: LayerSource {
    /// Its requests override standing limits.
    package let layer = Layer.pools
    /// The last assignment; nil before the first one, and without a topology.
    package private(set) var assignment: PoolAssignment?

    private let mode: HierarchyMode
    private let isLegacy: Bool
    private var document: PolicyDocument
    private var known: Facts?
    /// The last valid set of each pool.
    private var previous: [String: RangeList] = [:]
    /// The memory nodes at the first pin; they are kept, because changing them migrates pages.
    private var mems: [CgroupID: RangeList] = [:]
    /// The original lists of cgroups that make room.
    private var originals: [CgroupID: RangeList] = [:]
    private var told: [String: String] = [:]

    /// The inputs of an assignment.
    private struct Facts: Equatable {
        let topology: CPUTopology
        let places: PoolPlaces
        let allowed: [String: RangeList]
    }

    /// Starts without any assignment.
    ///
    /// - Parameters:
    ///   - mode: The cgroup mode of the host, for settings that depend on it.
    ///   - isLegacy: Whether cpuset is a hierarchy of v1, where every cgroup of a tree has a list
    ///     of its own that must be within its parent's.
    package init(_ document: PolicyDocument, mode: HierarchyMode, isLegacy: Bool) {
        self.document = document
        self.mode = mode
        self.isLegacy = isLegacy
    }

    /// Applies a new policy; a pool of the same name keeps its CPUs if they are still valid.
    package mutating func reload(_ document: PolicyDocument) {
        self.document = document
        known = nil
    }

    /// The CPUs and memory nodes of a pool.
    package func lists(ofPool name: String) -> (cpus: RangeList, mems: RangeList?)? {
        guard let share = assignment?.share(of: name) else { return nil }
        if !share.cpus.isEmpty { return (share.cpus, share.mems) }
        guard document.pool(name)?.fallback == .shared, let rest = assignment?.rest else {
            return nil
        }
        return (rest, nil)
    }

    /// Reassigns if the CPUs, the cgroups or the cpusets of their parents have changed.
    package mutating func propose(_ context: LayerContext) -> LayerProposal {
        guard !document.pools.isEmpty || known != nil, let topology = context.input.topology else {
            return LayerProposal()
        }
        let places = places(context)
        let snapshot = context.input.snapshot
        let facts = Facts(
            topology: topology, places: places, allowed: allowed(places.members, snapshot))
        guard facts != known else { return LayerProposal() }
        if known == nil { adopt(places.members, snapshot) }
        known = facts
        let used = Set(places.members.map(\.pool)).union(document.poolsOfRules)
        let new = PoolAssignment(
            document.pools.filter { used.contains($0.name) }, reserved: document.reservedCPUs,
            topology: topology, allowed: facts.allowed, previous: previous)
        assignment = new
        for share in new.shares where share.shortage == nil { previous[share.pool] = share.cpus }
        forget(places, snapshot)
        var wishes: [LayerWish] = []
        for member in places.members { wishes += self.wishes(for: member, new, snapshot) }
        for other in places.others {
            if let wish = wish(for: other, new, topology, snapshot) { wishes.append(wish) }
        }
        return LayerProposal(wishes: wishes, acts: notices(new, places.members, snapshot))
    }

    func places(_ context: LayerContext) -> PoolPlaces {
        PoolPlaces(context, mode, isDeep: isLegacy)
    }

    /// Returns the CPUs that all parents of a pool's cgroups may use, by pool.
    private func allowed(
        _ members: [PoolPlaces.Member], _ snapshot: Snapshot
    ) -> [String: RangeList] {
        var result: [String: RangeList] = [:]
        for member in members {
            guard let list = allowed(snapshot.cgroups[member.position].parent, snapshot) else {
                continue
            }
            result[member.pool] = result[member.pool].map { $0.intersection(list) } ?? list
        }
        return result
    }

    /// The CPUs that a cgroup may use; nil if unrestricted.
    ///
    /// A cgroup that made room for a pool counts with its original list, which is restored later.
    private func allowed(_ position: Int?, _ snapshot: Snapshot) -> RangeList? {
        var next = position
        while let position = next, !snapshot.cgroups[position].path.isRoot {
            let entry = snapshot.cgroups[position]
            if let own = originals[entry.id] {
                if !own.isEmpty { return own }
            } else if let list = snapshot.list(position, .cpusetEffectiveCPUs), !list.isEmpty {
                return list
            }
            next = entry.parent
        }
        return nil
    }

    /// Adopts the lists of an earlier run, which cgroups may still have after a restart.
    private mutating func adopt(_ members: [PoolPlaces.Member], _ snapshot: Snapshot) {
        for member in members where previous[member.pool] == nil {
            previous[member.pool] = snapshot.list(member.position, .cpusetCPUs)
        }
    }

    private mutating func forget(_ places: PoolPlaces, _ snapshot: Snapshot) {
        let members = Set(places.members.map(\.id))
        mems = mems.filter { members.contains($0.key) }
        let others = Set(places.others.map(\.id))
        originals = originals.filter { others.contains($0.key) }
        let known = originals
        for other in places.others where originals[other.id] == nil {
            let list = snapshot.list(other.position, .cpusetCPUs)
            // A cgroup created below a narrowed one starts with the narrow list.
            let parent = snapshot.cgroups[other.position].parent
            let inherited = parent.flatMap { parent in
                snapshot.list(parent, .cpusetCPUs) == list
                    ? known[snapshot.cgroups[parent].id] : nil
            }
            originals[other.id] = inherited ?? list
        }
    }

    private mutating func wishes(
        for member: PoolPlaces.Member, _ assignment: PoolAssignment, _ snapshot: Snapshot
    ) -> [LayerWish] {
        guard let share = assignment.share(of: member.pool) else { return [] }
        let entry = snapshot.cgroups[member.position]
        func wish(_ name: String, _ list: RangeList, _ text: String) -> LayerWish {
            LayerWish(
                target: Effect.Target(path: entry.path, cgroup: entry.id), key: LimitKey(name),
                value: .text("\(list)"), origin: .pool(member.pool), priority: member.priority,
                cause: Cause(text))
        }
        guard !share.cpus.isEmpty else {
            guard document.pool(member.pool)?.fallback == .shared else { return [] }
            let possible = allowed(entry.parent, snapshot)
            let list = possible.map { $0.intersection(assignment.rest) } ?? assignment.rest
            // Without exclusive CPUs of another pool there is nothing to avoid.
            let isAll = !assignment.shares.contains { $0.isExclusive && !$0.cpus.isEmpty }
            return isAll || list.isEmpty
                ? [] : [wish("cpuset.cpus", list, "shares the CPUs of no pool")]
        }
        let text = share.shortage ?? "CPUs of pool \(share.pool)"
        var wishes = [wish("cpuset.cpus", share.cpus, text)]
        if let nodes = mems[entry.id] ?? share.mems {
            mems[entry.id] = nodes
            wishes.append(wish("cpuset.mems", nodes, text))
        }
        return wishes
    }

    private func wish(
        for other: PoolPlaces.Other, _ assignment: PoolAssignment, _ topology: CPUTopology,
        _ snapshot: Snapshot
    ) -> LayerWish? {
        let taken = other.pools.compactMap { assignment.share(of: $0) }.filter {
            $0.isExclusive && !$0.cpus.isEmpty
        }
        guard let first = taken.first else { return nil }
        let rest = Set(topology.cpus.map(\.id)).subtracting(taken.flatMap(\.cpus.numbers))
        var list = RangeList(rest)
        if let own = originals[other.id], !own.intersection(list).isEmpty {
            list = own.intersection(list)
        }
        let entry = snapshot.cgroups[other.position]
        return LayerWish(
            target: Effect.Target(path: entry.path, cgroup: entry.id), key: LimitKey("cpuset.cpus"),
            value: .text("\(list)"), origin: .pool(first.pool),
            cause: Cause("makes room for pool \(taken.map(\.pool).joined(separator: ", "))"))
    }

    /// Reports once that a pool cannot be satisfied.
    private mutating func notices(
        _ assignment: PoolAssignment, _ members: [PoolPlaces.Member], _ snapshot: Snapshot
    ) -> [LayerProposal.Act] {
        var acts: [LayerProposal.Act] = []
        for share in assignment.shares where told[share.pool] != share.shortage {
            told[share.pool] = share.shortage
            guard let text = share.shortage,
                let member = members.first(where: { $0.pool == share.pool })
            else { continue }
            let entry = snapshot.cgroups[member.position]
            acts.append(
                LayerProposal.Act(
                    origin: .pool(share.pool),
                    target: Effect.Target(path: entry.path, cgroup: entry.id),
                    kind: .log(.notice, text: text), cause: Cause("unsatisfiable")))
        }
        return acts
    }
}

extension PolicyDocument {
    /// Pools that a rule may pin to at any time.
    fileprivate var poolsOfRules: Set<String> {
        var names: Set<String> = []
        for action in rules.flatMap(\.actions) {
            guard case .set(let settings) = action.kind else { continue }
            for case .pool(let name) in settings { names.insert(name) }
        }
        return names
    }
}

extension Snapshot {
    /// The CPU or node list of the cgroup at `index`; nil if unreadable.
    func list(_ index: Int, _ metric: MetricID) -> RangeList? {
        self[index, metric].value.flatMap { RangeList(Word.text($0)) }
    }
}
