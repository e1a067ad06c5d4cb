import CgroupModel

/// A frame of lines around a part of the screen.
enum Box {
    /// Draws an empty box with a title; `height` counts the lines inside, `above` and `below` the
    /// lines of the list that do not fit.
    static func draw(
        _ title: String, row: Int, column: Int, width: Int, height: Int, style: Style = .label,
        above: Int = 0, below: Int = 0, into frame: inout Frame
    ) {
        let inner = max(width - 2, 0)
        let head = CellWidth.ellipsised(" \(title.onOneLine) ", to: inner)
        let rest = String(repeating: "─", count: max(inner - CellWidth.of(head), 0))
        frame.put("┌\(head)\(rest)┐", row: row, column: column, style: style)
        for line in 0..<max(height, 0) {
            frame.put("│", row: row + 1 + line, column: column, style: style)
            frame.fill(row: row + 1 + line, column: column + 1, width: inner, style: .plain)
            frame.put("│", row: row + 1 + line, column: column + width - 1, style: style)
        }
        let hidden = [above > 0 ? "\(above) above" : nil, below > 0 ? "\(below) below" : nil]
            .compactMap(\.self).joined(separator: ", ")
        let foot = hidden.isEmpty ? "" : CellWidth.ellipsised(" \(hidden) ", to: inner)
        let line = String(repeating: "─", count: max(inner - CellWidth.of(foot), 0))
        frame.put("└\(line)\(foot)┘", row: row + 1 + height, column: column, style: style)
    }
}
