internal import CgroupModel

/// The columns and instances of some metrics, looked up once for each schema.
struct WatchedColumns: Sendable {
    private let metrics: [MetricID]
    private var schema: Schema?
    private var columns: [Int] = []
    /// Whether the instances of a metric are watched, by its index; empty if none are.
    private let instances: [Bool]
    /// Whether the newest sample has other columns than the one before.
    private var isNew = true

    init(_ metrics: [MetricID]) {
        self.metrics = metrics
        let watched = Set(metrics.filter { MetricCatalog[$0].dimension != nil })
        instances =
            watched.isEmpty
            ? []
            : MetricCatalog.all.indices.map { index in
                watched.contains { $0.index == index }
            }
    }

    /// Looks the columns up again if the next sample has another schema.
    mutating func adopt(_ schema: Schema) {
        isNew = schema != self.schema
        guard isNew else { return }
        self.schema = schema
        // In the order of memory.
        columns = Set(metrics.compactMap { schema.column(of: $0) }).sorted()
    }

    /// Whether one of the metrics of each row changed since the sample before; true for new cgroups.
    func changes(_ sample: Snapshot, since earlier: Snapshot?, _ moves: RowMoves) -> [Bool] {
        guard !isNew, let earlier else {
            return [Bool](repeating: true, count: sample.cgroups.count)
        }
        return sample.cgroups.indices.map { position in
            moves.before(position).map { differs(sample, position, from: earlier, $0) } ?? true
        }
    }

    /// Whether one of the metrics of a row changed since the sample before; true for a new cgroup,
    /// for which `before` is nil.
    func changed(
        _ sample: Snapshot, _ position: Int, since earlier: Snapshot?, _ before: Int?
    ) -> Bool {
        guard !isNew, let earlier, let before else { return true }
        return differs(sample, position, from: earlier, before)
    }

    private func differs(
        _ sample: Snapshot, _ position: Int, from earlier: Snapshot, _ before: Int
    ) -> Bool {
        if sample.differs(position, from: earlier, before, in: columns) { return true }
        guard !instances.isEmpty, sample.hasInstances(position) || earlier.hasInstances(before)
        else { return false }
        var old = earlier.instances(before)
        for instance in sample.instances(position) where instances[instance.metric.index] {
            guard let same = next(&old), same.metric == instance.metric, same.key == instance.key,
                same.reading == instance.reading
            else { return true }
        }
        return next(&old) != nil
    }

    /// Returns the next value of a watched metric; removes it and the values before it.
    private func next(_ rest: inout ArraySlice<InstanceReading>) -> InstanceReading? {
        while let instance = rest.popFirst() {
            if instances[instance.metric.index] { return instance }
        }
        return nil
    }
}
