internal import CgroupModel

/// The cgroups that changed their positions between two samples; all others keep their order.
struct RowMoves: Sendable {
    /// The ranges of positions, in the newer and in the older sample, that contain all differences.
    let now, before: Range<Int>
    /// The older positions of the cgroups in `now`; nil for new ones.
    private(set) var places: [Int?] = []
    /// The older positions of the cgroups that are gone.
    private(set) var gone: [Int] = []

    /// Compares the cgroups of two samples.
    ///
    /// Most cgroups keep their position from sample to sample, and are found without hashing. Only
    /// the part of the list between the first and the last difference is searched.
    init(_ old: [CgroupEntry], _ new: [CgroupEntry]) {
        // The sampler passes the same list while no cgroup is created or removed.
        let isSame = old == new
        let common = min(old.count, new.count)
        var start = isSame ? common : 0
        while start < common, old[start].id.generation == new[start].id.generation { start += 1 }
        var kept = 0
        while kept < common - start,
            old[old.count - 1 - kept].id.generation == new[new.count - 1 - kept].id.generation
        {
            kept += 1
        }
        now = start..<(new.count - kept)
        before = start..<(old.count - kept)
        guard !now.isEmpty || !before.isEmpty else { return }
        var known: [UInt64: Int] = [:]
        for position in before { known[old[position].id.generation] = position }
        for position in now {
            places.append(known.removeValue(forKey: new[position].id.generation))
        }
        gone = known.values.sorted()
    }

    /// Returns the older position of a cgroup; nil for a new one.
    func before(_ position: Int) -> Int? {
        if position < now.lowerBound { return position }
        return position < now.upperBound
            ? places[position - now.lowerBound] : position - now.upperBound + before.upperBound
    }

    /// The positions of new cgroups.
    var added: [Int] { now.filter { places[$0 - now.lowerBound] == nil } }
}

/// The differences between a sample and the one before, found once for all consumers.
struct SampleStep: Sendable {
    /// The newest sample.
    let sample: Snapshot
    /// The sample before; nil for the first one.
    let earlier: Snapshot?
    /// The cgroups at other positions than before.
    let moves: RowMoves
    /// Whether a watched value of each cgroup of ``sample`` has changed; true for new cgroups.
    let changed: [Bool]
    /// Whether no cgroup is new, gone or changed.
    let isQuiet: Bool
}

/// Compares successive samples in the metrics that are watched.
struct SampleSequence: Sendable {
    private var sample: Snapshot?
    private var columns: WatchedColumns

    /// Begins without a sample.
    init(watching metrics: [MetricID]) { columns = WatchedColumns(metrics) }

    /// Compares the next sample with the previous one.
    mutating func next(_ sample: Snapshot) -> SampleStep {
        let earlier = self.sample
        self.sample = sample
        columns.adopt(sample.schema)
        let moves = RowMoves(earlier?.cgroups ?? [], sample.cgroups)
        let changed = columns.changes(sample, since: earlier, moves)
        return SampleStep(
            sample: sample, earlier: earlier, moves: moves, changed: changed,
            isQuiet: moves.gone.isEmpty && !changed.contains(true))
    }
}
