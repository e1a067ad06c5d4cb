import Causes
import CgroupModel

/// Draws why the selected cgroup is slow, stuck or about to be killed, which replaces the table.
enum ExplanationPane {
    static func draw(
        _ model: LiveModel, _ snapshot: Snapshot, top: Int, into frame: inout Frame
    ) {
        let geometry = model.geometry
        let width = frame.size.columns
        let row = geometry.headRow
        frame.fill(row: row, style: .head)
        let path = model.selectedRow.map { snapshot.cgroups[$0.index].path.description } ?? "-"
        let lines = model.explanation?.lines ?? []
        let height = max(geometry.timeRow - row - 1, 0)
        // The explanation may have become shorter since it was scrolled.
        let top = min(top, max(lines.count - height, 0))
        let rest = lines.count - top - height
        let more = rest > 0 ? "\(rest) more below " : ""
        frame.put(
            CellWidth.middleEllipsised(" Causes at \(path)", to: max(width - more.count - 1, 0)),
            row: row, column: 0, style: .head)
        frame.putRight(more, row: row, column: 0, style: .head, width: width)
        let severity = model.explanation?.verdict.severity ?? .healthy
        for (place, line) in lines.dropFirst(top).prefix(height).enumerated() {
            frame.put(
                CellWidth.ellipsised(line.text.onOneLine, to: max(width - 1, 0)),
                row: row + 1 + place, column: 1, style: style(line.kind, severity))
        }
    }

    private static func style(_ kind: ExplanationLine.Kind, _ severity: Severity) -> Style {
        switch kind {
        case .verdict: severity <= .failing ? .critical : severity == .slow ? .warn : .strong
        case .heading: .strong
        case .row: .plain
        }
    }
}
