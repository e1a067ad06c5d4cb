/// The width of text in terminal cells, and ways to cut text to a width.
///
/// A text's width is the sum of the widths of its scalars, as in ncurses.
package enum CellWidth {
    /// East Asian wide and fullwidth scalars; emoji are recognized by their Unicode property.
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115f, 0x2329...0x232a, 0x2e80...0x303e, 0x3041...0xa4cf, 0xa960...0xa97c,
        0xac00...0xd7a3, 0xf900...0xfaff, 0xfe10...0xfe19, 0xfe30...0xfe6f, 0xff00...0xff60,
        0xffe0...0xffe6, 0x16fe0...0x18cff, 0x1aff0...0x1b2ff, 0x1f200...0x1f2ff,
        0x20000...0x3fffd,
    ]

    /// Returns the cells of a scalar: 0 for combining ones, 2 for wide ones, otherwise 1.
    package static func of(_ scalar: Unicode.Scalar) -> Int {
        let value = scalar.value
        if value < 0x300 { return 1 }
        if (0x1160...0x11ff).contains(value) { return 0 }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: break
        }
        if wide.contains(where: { $0.contains(value) }) { return 2 }
        let isFlagLetter = (0x1f1e6...0x1f1ff).contains(value)
        return scalar.properties.isEmojiPresentation && !isFlagLetter ? 2 : 1
    }

    /// Returns the cells of a text without control characters.
    package static func of(_ text: String) -> Int {
        if isPlain(text) { return text.utf8.count }
        return text.unicodeScalars.reduce(0) { $0 + of($1) }
    }

    /// Returns the blanks that a text needs to fill `width` cells; empty if it is wider.
    package static func padding(_ text: String, to width: Int) -> String {
        String(repeating: " ", count: max(0, width - of(text)))
    }

    /// Returns the longest prefix that fits into `width` cells.
    package static func clipped(_ text: String, to width: Int) -> String {
        guard width > 0 else { return "" }
        if text.utf8.count <= width { return text }
        if isPlain(text) { return String(text.utf8.prefix(width)) ?? text }
        var used = 0
        var end = text.startIndex
        while end < text.endIndex {
            let next = text.index(after: end)
            used += of(String(text[end..<next]))
            if used > width { break }
            end = next
        }
        return String(text[..<end])
    }

    /// Cuts the end if the text is too wide, and marks the cut with an ellipsis.
    package static func ellipsised(_ text: String, to width: Int) -> String {
        if of(text) <= width { return text }
        return width > 0 ? clipped(text, to: width - 1) + "…" : ""
    }

    /// Cuts the middle if the text is too wide, because both ends of a path say more than its
    /// middle.
    package static func middleEllipsised(_ text: String, to width: Int) -> String {
        if of(text) <= width { return text }
        guard width > 2 else { return clipped(text, to: width) }
        let head = clipped(text, to: (width - 1) / 2)
        return head + "…" + end(of: text, within: width - 1 - of(head))
    }

    /// Cuts the start if the text is too wide; for texts that differ at their ends.
    package static func startEllipsised(_ text: String, to width: Int) -> String {
        if of(text) <= width { return text }
        guard width > 2 else { return clipped(text, to: width) }
        return "…" + end(of: text, within: width - 1)
    }

    /// The longest end of a text that fits.
    private static func end(of text: String, within width: Int) -> String {
        var tail: [Character] = []
        var room = width
        for character in text.reversed() {
            room -= of(String(character))
            if room < 0 { break }
            tail.append(character)
        }
        return String(tail.reversed())
    }

    private static func isPlain(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f }
    }
}
