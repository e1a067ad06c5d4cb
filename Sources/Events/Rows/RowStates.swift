internal import CgroupModel

/// A state for each cgroup of the newest sample, by its position there.
struct RowStates<State: Sendable>: Sendable {
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
    ///
    /// Returns the states of the cgroups that are gone, in the order of ``RowMoves/gone``.
    mutating func follow(_ step: SampleStep, initial: State) -> [State] {
        sample = step.sample
        let moves = step.moves
        let gone = moves.gone.map { states[$0] }
        if !moves.now.isEmpty || !moves.before.isEmpty {
            let moved = moves.places.map { $0.map { states[$0] } ?? initial }
            states.replaceSubrange(moves.before, with: moved)
        }
        return gone
    }
}
