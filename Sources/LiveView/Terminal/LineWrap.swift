import CgroupModel

/// Breaks text into lines of a width.
enum LineWrap {
    /// Returns the lines, broken at blanks where possible; later lines keep the indentation.
    static func lines(_ text: String, to width: Int) -> [String] {
        let text = text.onOneLine
        guard width > 8, CellWidth.of(text) > width else { return [text] }
        // A longer indentation would leave no room for the text.
        let indent = String(text.prefix { $0 == " " }.prefix(width / 2))
        var lines: [String] = []
        var rest = text[...]
        while CellWidth.of(String(rest)) > width {
            let part = CellWidth.clipped(String(rest), to: width)
            // Blanks inside a line stay, because they align columns.
            let blank = part.lastIndex(of: " ").map { part.distance(from: part.startIndex, to: $0) }
            // One character may be wider than a line, so each line takes at least one.
            let end = max(
                blank.flatMap { $0 > indent.count ? $0 : nil } ?? part.count, indent.count + 1)
            lines.append(String(rest.prefix(end)))
            let left = rest.dropFirst(end).drop { $0 == " " }
            rest = (indent + left)[...]
        }
        return lines + [String(rest)]
    }
}
