/// Classes of ASCII characters.
extension UInt8 {
    /// Whether the byte is `0` to `9`.
    @inlinable package var isDigit: Bool { self &- UInt8(ascii: "0") < 10 }

    /// Whether the byte is a letter of either case.
    @inlinable package var isLetter: Bool { (self | 0x20) &- UInt8(ascii: "a") < 26 }

    /// Whether the byte is a space or a tab.
    @inlinable package var isBlank: Bool { self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") }

    /// Whether the byte is a character other than a space or a control character.
    @inlinable package var isVisible: Bool { self > UInt8(ascii: " ") && self < 0x7f }

    /// Whether the byte is `0` to `9` or `a` to `f`, the digits that runtimes and systemd write.
    @inlinable package var isLowerHexDigit: Bool {
        isDigit || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(self)
    }
}

extension Collection where Element == UInt8 {
    /// The lines that are not empty, without their newlines.
    @inlinable package var lines: [SubSequence] { split(separator: UInt8(ascii: "\n")) }

    /// The parts between spaces.
    @inlinable package var words: [SubSequence] { split(separator: UInt8(ascii: " ")) }

    /// The text before the first space or control character, for files that contain one word.
    @inlinable package var firstWord: String {
        String(decoding: prefix { $0 > UInt8(ascii: " ") }, as: UTF8.self)
    }
}

extension FixedWidthInteger {
    /// Parses digits alone; nil for any other text and for a number that does not fit.
    ///
    /// The initializers of the standard library also accept a sign.
    package init?(digits text: some StringProtocol, radix: Int = 10) {
        guard text.first?.isHexDigit == true else { return nil }
        self.init(text, radix: radix)
    }
}
