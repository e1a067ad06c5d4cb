package import CgroupModel

/// Who may still use the CPUs of an exclusive pool: exclusive is only what nobody else may use.
package struct PoolLeftover: Hashable, Sendable, CustomStringConvertible {
    /// Where the processes are; nil for threads of the kernel, which no cgroup holds back.
    package var path: CgroupPath?
    /// Whether the cgroup has others below it that do make room, so that it is about the processes
    /// directly in it.
    package var isDirectOnly: Bool

    /// For a person.
    package var description: String {
        guard let path else { return "kernel threads: still allowed here" }
        return isDirectOnly
            ? "processes directly in \(path): still allowed here" : "\(path): still allowed here"
    }
}

extension PoolSource {
    /// Who may still use the CPUs of the exclusive pools, for `plan`; empty if none has any.
    package func leftovers(_ context: LayerContext) -> [PoolLeftover] {
        guard assignment?.shares.contains(where: { $0.isExclusive && !$0.cpus.isEmpty }) == true
        else { return [] }
        let snapshot = context.input.snapshot
        let places = places(context)
        let kept = Set(places.others.map(\.position) + places.members.map(\.position))
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
