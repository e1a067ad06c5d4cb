import CgroupModel

extension PoolSource {
    /// Returns the cgroups (and kernel threads) that could still run on CPUs of exclusive pools;
    /// `cgwarden policy plan` lists them.
    package func leftovers(_ context: LayerContext) -> [PoolLeftover] {
        guard assignment?.shares.contains(where: { $0.isExclusive && !$0.cpus.isEmpty }) == true
        else { return [] }
        let snapshot = context.input.snapshot
        let places = places(context)
        let kept = Set(places.others.map(\.position) + places.members.map(\.position))
        // The ancestors of the cgroups of pools and of moved cgroups.
        var isAbove: Set<Int> = []
        for position in kept {
            var next = snapshot.cgroups[position].parent
            while let parent = next, isAbove.insert(parent).inserted {
                next = snapshot.cgroups[parent].parent
            }
        }
        var result: [PoolLeftover] = []
        var position = 0
        while position < snapshot.cgroups.count {
            let path = snapshot.cgroups[position].path
            if kept.contains(position) {
                position = PoolPlaces.below(position, snapshot).upperBound
            } else if isAbove.contains(position) {
                result.append(PoolLeftover(path: path, isDirectOnly: true))
                position += 1
            } else {
                let isEmpty = snapshot[position, .populated].value == 0
                if !isEmpty { result.append(PoolLeftover(path: path, isDirectOnly: false)) }
                position = PoolPlaces.below(position, snapshot).upperBound
            }
        }
        return result + [PoolLeftover(path: nil, isDirectOnly: false)]
    }
}
