import CgroupModel

/// Breaks text into lines of a width.
enum LineWrap {
    /// Returns the lines, broken at blanks where possible; later lines keep the indentation.
    static func lines(_ text: String, to width: Int) -> [String] {
        let text = text.onOneLine
        guard width > 8, CellWidth.of(text) > width else { return [text] }
        let indent = String(text.prefix { $0 == " " })
        var lines: [String] = []
        var line = indent
        for word in text.split(separator: " ") {
            var word = String(word)
            let isEmpty = line == indent
            if CellWidth.of(line) + CellWidth.of(word) + (isEmpty ? 0 : 1) <= width {
                line += (isEmpty ? "" : " ") + word
                continue
            }
            if !isEmpty { lines.append(line) }
            while CellWidth.of(indent + word) > width {
                let part = CellWidth.clipped(word, to: max(width - indent.count, 1))
                lines.append(indent + part)
                word = String(word.dropFirst(part.count))
            }
            line = indent + word
        }
        return lines + [line]
    }
}
