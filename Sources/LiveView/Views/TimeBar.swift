import CgroupModel

/// The line that shows the times of the snapshot and of the events within a replay.
enum TimeBar {
    /// The length in microseconds from which the ends need a date.
    private static let day: UInt64 = 20 * 3600 * 1_000_000

    static func draw(
        _ model: LiveModel, _ snapshot: Snapshot, _ scene: Scene, into frame: inout Frame
    ) {
        guard model.geometry.timeHeight > 0, let span = scene.timeline else { return }
        let row = model.geometry.timeRow
        let length = span.upperBound - span.lowerBound
        let text = length < day ? scene.clock : scene.day
        let (first, last) = (text(span.lowerBound), text(span.upperBound))
        let start = first.count + 2
        let width = frame.size.columns - start - last.count - 2
        guard width > 4 else { return }
        func place(_ time: UInt64) -> Int {
            let time = min(max(time, span.lowerBound), span.upperBound)
            let share = length == 0 ? 1 : Double(time - span.lowerBound) / Double(length)
            return Int((share * Double(width - 1)).rounded())
        }
        frame.put(first, row: row, column: 1, style: .label)
        frame.put(
            String(repeating: "─", count: width), row: row, column: start, style: .dim)
        for mark in Set(scene.eventMarks.lazy.filter(span.contains).map(place)) {
            frame.put("┴", row: row, column: start + mark, style: .warn)
        }
        frame.put("●", row: row, column: start + place(snapshot.wallTime), style: .strong)
        frame.putRight(
            last + " ", row: row, column: 0, style: .label, width: frame.size.columns)
    }
}
