internal import CgroupModel

/// A state for each cgroup of the newest sample, by its position there.
///
/// Most cgroups keep their position from sample to sample, and are found without hashing. Only the
/// part of the list between the first and the last difference is searched.
struct RowStates<State: Sendable>: Sendable {
    /// The differences between the newest sample and the one before.
    struct Step: Sendable {
        /// The sample before; nil for the first one.
        let earlier: Snapshot?
        /// The positions of new cgroups.
        let added: [Int]
        /// The cgroups that are gone, by their positions in ``earlier``, with their states.
        let gone: [(position: Int, state: State)]
        /// The first position that may differ, and the first one after it that does not.
        fileprivate let changed: Range<Int>
        /// The earlier positions of the cgroups in ``changed``; nil for new ones.
        fileprivate let places: [Int?]
        /// The number by which the positions after ``changed`` have grown.
        fileprivate let shift: Int

        /// Returns the position of the same cgroup in ``earlier``; nil for a new one.
        func before(_ position: Int) -> Int? {
            if position < changed.lowerBound { return position }
            return position < changed.upperBound
                ? places[position - changed.lowerBound] : position - shift
        }
    }

    /// The newest sample; nil before the first one.
    private(set) var sample: Snapshot?
    private var states: [State] = []

    /// The state of the cgroup at a position of ``sample``.
    subscript(position: Int) -> State {
        _read { yield states[position] }
        _modify { yield &states[position] }
    }

    /// Returns the position of a cgroup in ``sample``; nil if it is not there.
    func position(of path: CgroupPath, generation: UInt64? = nil) -> Int? {
        guard let sample, let position = sample.index(of: path) else { return nil }
        let found = sample.cgroups[position].id.generation
        return generation ?? found == found ? position : nil
    }

    /// Takes the next sample; new cgroups begin with `initial`.
    mutating func follow(_ next: Snapshot, initial: State) -> Step {
        let earlier = sample
        sample = next
        let old = earlier?.cgroups ?? []
        let new = next.cgroups
        let common = min(old.count, new.count)
        var start = 0
        while start < common, old[start].id.generation == new[start].id.generation { start += 1 }
        var kept = 0
        while kept < common - start,
            old[old.count - 1 - kept].id.generation == new[new.count - 1 - kept].id.generation
        {
            kept += 1
        }
        let oldRange = start..<(old.count - kept)
        let newRange = start..<(new.count - kept)
        var places: [Int?] = []
        var gone: [(position: Int, state: State)] = []
        var added: [Int] = []
        if !oldRange.isEmpty || !newRange.isEmpty {
            var known: [UInt64: Int] = [:]
            for position in oldRange { known[old[position].id.generation] = position }
            var inserted: [State] = []
            for position in newRange {
                let place = known.removeValue(forKey: new[position].id.generation)
                places.append(place)
                inserted.append(place.map { states[$0] } ?? initial)
                if place == nil { added.append(position) }
            }
            gone = known.values.sorted().map { ($0, states[$0]) }
            states.replaceSubrange(oldRange, with: inserted)
        }
        return Step(
            earlier: earlier, added: added, gone: gone, changed: newRange, places: places,
            shift: new.count - old.count)
    }
}
