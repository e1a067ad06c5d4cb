import Configuration

/// The text of a file, to find the position of a character in a scalar.
struct SourceText {
    private let scalars: [Unicode.Scalar]
    /// The start of each line.
    private let lines: [Int]

    init(_ bytes: [UInt8]) {
        let scalars = Array(String(decoding: bytes, as: UTF8.self).unicodeScalars)
        var lines = [0]
        for (index, scalar) in scalars.enumerated()
        where Self.breaks.contains(scalar)
            && !(scalar == "\r" && index + 1 < scalars.count && scalars[index + 1] == "\n")
        {
            lines.append(index + 1)
        }
        self.scalars = scalars
        self.lines = lines
    }

    private static let breaks: Set<Unicode.Scalar> = ["\n", "\r", "\u{85}", "\u{2028}", "\u{2029}"]

    /// Returns the position of the character at `offset` of a scalar that begins at `start`.
    ///
    /// A scalar differs from its source by quotes, escapes and folded lines. Its characters, except
    /// white space, are therefore searched for in the source one after the other.
    func place(of offset: Int, in text: [Unicode.Scalar], at start: ConfigPosition)
        -> ConfigPosition
    {
        guard start.line <= lines.count else { return start }
        var index = lines[start.line - 1] + start.column - 1
        guard index < scalars.count else { return start }
        if scalars[index] == "|" || scalars[index] == ">", start.line < lines.count {
            index = lines[start.line]
        }
        var found = index
        for wanted in text.prefix(offset + 1) where !wanted.properties.isWhitespace {
            guard let next = scalars[index...].firstIndex(of: wanted) else { return start }
            found = next
            index = next + 1
        }
        if offset >= text.count { found = index }
        var line = start.line - 1
        while line + 1 < lines.count, lines[line + 1] <= found { line += 1 }
        return ConfigPosition(
            file: start.file, line: line + 1, column: found - lines[line] + 1)
    }
}
