/// Lines broken at blanks, for a terminal that would break them inside words.
package enum WrappedText {
    /// Breaks lines that are longer than `width`, and indents the continuations.
    ///
    /// Nil, or a width of at most 20, keeps lines whole. Each character must take one cell, as in
    /// the texts of the catalogs.
    package static func text(_ text: String, to width: Int?) -> String {
        guard let width, width > 20 else { return text }
        return text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { broken($0, to: width) }.joined(separator: "\n")
    }

    private static let indent = "    "

    private static func broken(_ line: Substring, to width: Int) -> String {
        var lines: [Substring] = []
        var rest = line
        while rest.count > width {
            // A blank of the indentation, or none, leaves nothing to break.
            guard let blank = rest.prefix(width + 1).lastIndex(of: " "),
                rest[..<blank].contains(where: { $0 != " " })
            else { break }
            lines.append(rest[..<blank])
            rest = (indent + rest[blank...].drop { $0 == " " })[...]
        }
        return (lines + [rest]).map { line in
            // Blanks that aligned the next column are not needed at the end of a line.
            var line = line
            while line.last == " " { line.removeLast() }
            return String(line)
        }.joined(separator: "\n")
    }
}
