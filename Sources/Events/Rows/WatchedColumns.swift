internal import CgroupModel

/// The columns of some metrics, looked up once for each schema.
struct WatchedColumns: Sendable {
    private let metrics: [MetricID]
    private var schema: Schema?
    private var columns: [Int] = []
    /// Whether the newest sample has other columns than the one before.
    private var isNew = true

    init(_ metrics: [MetricID]) { self.metrics = metrics }

    /// Looks the columns up again if the next sample has another schema.
    mutating func adopt(_ schema: Schema) {
        isNew = schema != self.schema
        guard isNew else { return }
        self.schema = schema
        columns = metrics.compactMap { schema.column(of: $0) }
    }

    /// Whether one of the metrics of a row changed since the sample before; true for a new cgroup.
    ///
    /// Values with instances are not compared.
    func changed<State>(
        _ sample: Snapshot, _ position: Int, since step: RowStates<State>.Step
    ) -> Bool {
        guard !isNew, let earlier = step.earlier, let before = step.before(position) else {
            return true
        }
        return sample.differs(position, from: earlier, before, in: columns)
    }
}
