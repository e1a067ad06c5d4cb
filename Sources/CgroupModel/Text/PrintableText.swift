/// Escapes outside text for display: names, commands, labels, contents of files.
///
/// Characters that move the cursor, are invisible or change the writing direction become `\x1b`
/// (below 0x80) or `\u{202e}`. A byte that is not valid UTF-8 becomes `\xff`. Everything else
/// stays, including backslashes, so that systemd's names (`dev-disk-by\x2duuid.swap`) look
/// familiar. Only a backslash that would read as the beginning of an escape becomes `\x5c`, so that
/// ``bytes(of:)`` restores the original.
package enum PrintableText {
    private static let backslash = UInt8(ascii: "\\")

    /// Escapes bytes.
    package static func text(_ bytes: some Sequence<UInt8>) -> String {
        var rest = Array(bytes)[...]
        if rest.allSatisfy({ isPlain($0) && $0 != backslash }) {
            return String(decoding: rest, as: UTF8.self)
        }
        var result = ""
        while let first = rest.first {
            var length = 1
            if first == backslash {
                let (taken, spelled) = escape(rest)
                length = spelled == nil ? taken : 1
                result +=
                    spelled == nil
                    ? String(decoding: rest.prefix(length), as: UTF8.self) : #"\x5c"#
            } else if let scalar = scalar(rest) {
                length = UTF8.width(scalar)
                if isUnsafe(scalar) {
                    result += spelling(scalar)
                } else {
                    result.unicodeScalars.append(scalar)
                }
            } else {
                result += spelling(first)
            }
            rest = rest.dropFirst(length)
        }
        return result
    }

    /// Restores the bytes of an escaped text.
    package static func bytes(of text: String) -> [UInt8] {
        var rest = Array(text.utf8)[...]
        var result: [UInt8] = []
        result.reserveCapacity(rest.count)
        while let first = rest.first {
            let (length, spelled) = first == backslash ? escape(rest) : (1, nil)
            result += spelled ?? Array(rest.prefix(length))
            rest = rest.dropFirst(length)
        }
        return result
    }

    /// Decodes bytes if they are valid UTF-8, otherwise escapes them.
    static func valid(_ bytes: ArraySlice<UInt8>) -> String {
        String(validating: bytes, as: UTF8.self) ?? text(bytes)
    }

    /// Escapes the unsafe characters of a text but not its backslashes, so that repeated calls
    /// change nothing.
    fileprivate static func safe(_ text: String, keeping kept: [Unicode.Scalar] = []) -> String {
        if text.utf8.allSatisfy(isPlain) { return text }
        return text.unicodeScalars.reduce(into: "") { result, scalar in
            if isUnsafe(scalar), !kept.contains(scalar) {
                result += spelling(scalar)
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
    }

    /// Escapes UTF-8 lines in the same way, keeping line ends and tabs.
    package static func safeLines(_ bytes: [UInt8]) -> [UInt8] {
        let isUnchanged = bytes.allSatisfy {
            isPlain($0) || $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\t")
        }
        if isUnchanged { return bytes }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            if line.startIndex > 0 { result.append(UInt8(ascii: "\n")) }
            let isCSV = line.last == UInt8(ascii: "\r") && line.endIndex < bytes.endIndex
            let text = isCSV ? line.dropLast() : line
            if text.allSatisfy({ isPlain($0) || $0 == UInt8(ascii: "\t") }) {
                result += text
            } else {
                result += safe(valid(text), keeping: ["\t"]).utf8
            }
            if isCSV { result.append(UInt8(ascii: "\r")) }
        }
        return result
    }

    /// Whether a character could affect a terminal, or is invisible there.
    package static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return !isPlain(UInt8(scalar.value)) }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned: return true
        default: return scalar.properties.isDefaultIgnorableCodePoint
        }
    }

    private static func isPlain(_ byte: UInt8) -> Bool { byte >= 0x20 && byte < 0x7f }

    private static func spelling(_ scalar: Unicode.Scalar) -> String {
        scalar.isASCII
            ? spelling(UInt8(scalar.value)) : "\\u{" + String(scalar.value, radix: 16) + "}"
    }

    private static func spelling(_ byte: UInt8) -> String {
        "\\x" + (byte < 0x10 ? "0" : "") + String(byte, radix: 16)
    }

    /// Parses the escape at a backslash: its length and its bytes, nil if it is literal.
    private static func escape(_ text: ArraySlice<UInt8>) -> (length: Int, spelled: [UInt8]?) {
        if let byte = hexadecimal(text) {
            guard byte >= 0x80 else {
                return (4, isPlain(byte) && byte != backslash ? nil : [byte])
            }
            // systemd escapes each byte of a character above 0x7f in this form. Bytes that are not
            // valid UTF-8 never form a character, so this is not one of our escapes.
            var character = [byte]
            while character.count < 4, scalar(character[...]) == nil,
                let next = hexadecimal(text.dropFirst(4 * character.count))
            {
                character.append(next)
            }
            return scalar(character[...]) == nil ? (4, [byte]) : (4 * character.count, nil)
        }
        let start = Array(#"\u{"#.utf8)
        let digits = text.dropFirst(start.count).prefix { $0 != UInt8(ascii: "}") }.prefix(7)
        guard text.starts(with: start), text.count > start.count + digits.count,
            let code = UInt32(String(decoding: digits, as: UTF8.self), radix: 16),
            let scalar = Unicode.Scalar(code), !scalar.isASCII, isUnsafe(scalar),
            text.starts(with: spelling(scalar).utf8)
        else { return (1, nil) }
        return (start.count + digits.count + 1, Array(String(scalar).utf8))
    }

    /// Parses `\xNN` with lower-case digits.
    private static func hexadecimal(_ text: ArraySlice<UInt8>) -> UInt8? {
        let digits = text.dropFirst(2).prefix(2)
        guard text.starts(with: #"\x"#.utf8), digits.count == 2,
            digits.allSatisfy(\.isLowerHexDigit)
        else { return nil }
        return UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
    }

    /// Decodes the first character; nil if the bytes do not begin with a character.
    private static func scalar(_ bytes: ArraySlice<UInt8>) -> Unicode.Scalar? {
        guard let first = bytes.first else { return nil }
        let length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
        return String(validating: bytes.prefix(length), as: UTF8.self)?.unicodeScalars.first
    }
}

extension String {
    /// The text, escaped as in ``PrintableText``.
    package var printable: String { PrintableText.text(utf8) }

    /// The text on one line and safe for a terminal, because messages may quote anything.
    package var onOneLine: String { PrintableText.safe(self) }
}
