internal import CgroupModel

/// The columns and instances of a sample that show limits.
struct LimitColumns: Sendable {
    /// The columns of ``ShownLimit/all``; nil for a limit that is not shown or is derived.
    private(set) var all: [Int?] = []
    private var watched = WatchedColumns([])
    private var schema: Schema?

    /// On v1, these are derived from another limit, whose changes are reported instead.
    private static let origins: [MetricID: MetricID] = [
        .memorySwapMax: .memoryAndSwapMax, .cpuWeight: .cpuShares,
    ]

    /// Looks up the columns again if the schema changed.
    mutating func adopt(_ schema: Schema) {
        if schema != self.schema {
            self.schema = schema
            all = ShownLimit.all.map { shown in
                let origin = Self.origins[shown.metric.id].flatMap(schema.column(of:))
                return origin == nil ? schema.column(of: shown.metric.id) : nil
            }
            let shown = zip(ShownLimit.all, all).filter { shown, column in
                column != nil || shown.limit.dimension != nil
            }
            watched = WatchedColumns(shown.map(\.0.metric.id))
        }
        watched.adopt(schema)
    }

    /// Whether a limit of a row changed since the previous sample; true for a new cgroup.
    func changed(_ position: Int, in step: SampleStep) -> Bool {
        step.changed[position]
            && watched.changed(
                step.sample, position, since: step.earlier, step.moves.before(position))
    }
}
