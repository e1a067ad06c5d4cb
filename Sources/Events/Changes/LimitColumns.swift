internal import CgroupModel

/// The columns and instances of a sample that show limits.
struct LimitColumns: Sendable {
    /// The columns of ``ShownLimit/all``; nil for a limit that the sample does not show.
    private(set) var all: [Int?] = []
    private var watched = WatchedColumns([])
    private var schema: Schema?

    /// On v1, swap alone is the difference of two limits, and the weight is that of the shares.
    private static let origins: [MetricID: MetricID] = [
        .memorySwapMax: .memoryAndSwapMax, .cpuWeight: .cpuShares,
    ]

    /// Looks the columns up again if the next sample has another schema.
    mutating func adopt(_ schema: Schema) {
        if schema != self.schema {
            self.schema = schema
            all = ShownLimit.all.map { shown in
                let origin = Self.origins[shown.metric.id].flatMap(schema.column(of:))
                return origin == nil ? schema.column(of: shown.metric.id) : nil
            }
            let shown = zip(ShownLimit.all, all).filter { $0.1 != nil }
            watched = WatchedColumns(shown.map(\.0.metric.id))
        }
        watched.adopt(schema)
    }

    /// Whether a limit of a row changed since the sample before; true for a new cgroup.
    func changed<State>(
        _ sample: Snapshot, _ position: Int, since step: RowStates<State>.Step
    ) -> Bool {
        guard !watched.changed(sample, position, since: step), let earlier = step.earlier,
            let before = step.before(position)
        else { return true }
        var old = earlier.instances(before)
        for instance in sample.instances(position) where ShownLimit.isShown(instance.metric) {
            guard let same = Self.next(&old), same.metric == instance.metric,
                same.key == instance.key, same.reading == instance.reading
            else { return true }
        }
        return Self.next(&old) != nil
    }

    /// Removes and returns the next value that shows a limit, and the values before it.
    private static func next(_ rest: inout ArraySlice<InstanceReading>) -> InstanceReading? {
        while let instance = rest.popFirst() {
            if ShownLimit.isShown(instance.metric) { return instance }
        }
        return nil
    }
}
