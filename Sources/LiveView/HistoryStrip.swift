import CgroupModel

/// The values of the detail pane's charts, extended by one value per tick instead of read again.
struct HistoryStrip {
    private var cgroup: CgroupID?
    private var kind: DetailKind?
    private var width = 0
    private var tick: UInt64 = 0
    private var series: [[Double?]] = []
    /// The times of the values in microseconds since 1970; nil for snapshots without the cgroup.
    private var times: [Double?] = []

    /// Returns the values of each chart, oldest first, ending at the shown snapshot.
    mutating func update(
        _ model: LiveModel, _ shown: Snapshot, back: Int, from source: any SnapshotSource
    ) -> [[Double?]] {
        guard let detail = model.detail, let row = model.selectedRow else {
            cgroup = nil
            times = []
            return []
        }
        let wanted = DetailPane.chartWidth(model.size.columns)
        let isSame = cgroup == row.id && kind == detail && width == wanted
        if isSame, tick == shown.tick { return series }
        if isSame, tick + 1 == shown.tick {
            for (place, chart) in detail.charts.enumerated() {
                series[place].append(chart.value(shown, row.index))
                series[place].removeFirst(max(0, series[place].count - wanted))
            }
            times.append(Double(shown.wallTime))
            times.removeFirst(max(0, times.count - wanted))
        } else {
            series = detail.charts.map { chart in
                source.series(of: row.id, back: back, count: wanted) { chart.value($0, $1) }
            }
            times = source.series(of: row.id, back: back, count: wanted) { snapshot, _ in
                Double(snapshot.wallTime)
            }
        }
        (cgroup, kind, width, tick) = (row.id, detail, wanted, shown.tick)
        return series
    }

    /// Returns, for each value, whether it is the first one after an event.
    ///
    /// The times of events are in microseconds since 1970. Events before the first value have no
    /// mark.
    func marks(_ events: [UInt64]) -> [Bool] {
        var marks = [Bool](repeating: false, count: times.count)
        for event in events.map({ Double($0) }) {
            guard let place = times.firstIndex(where: { $0.map { $0 >= event } ?? false }),
                place > 0
            else { continue }
            marks[place] = true
        }
        return marks
    }
}
