/// Outside text in the one spelling that people see: names, commands, labels, contents of files.
///
/// Characters that move the cursor, hide, or turn the direction of writing are written `\x1b` (below
/// 0x80) or `\u{202e}`, and a byte that is not UTF-8 `\xff`. Everything else stands as it is, also a
/// backslash, so that systemd's names (`dev-disk-by\x2duuid.swap`) look as systemd writes them. Only
/// a backslash that would be taken for the beginning of such an escape is written `\x5c`, so that
/// ``bytes(of:)`` finds the original again.
package enum PrintableText {
    private static let backslash = UInt8(ascii: "\\")

    /// The spelling of bytes.
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

    /// The bytes that a spelling stands for.
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

    /// A text with its unsafe characters spelled out and its backslashes as they are: what is safe
    /// already stays, however often it passes here.
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

    /// The same for lines of UTF-8, with their ends and tabs.
    package static func safeLines(_ bytes: [UInt8]) -> [UInt8] {
        if bytes.allSatisfy({ isPlain($0) || $0 == 0x0a || $0 == 0x09 }) { return bytes }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        for line in bytes.split(separator: 0x0a, omittingEmptySubsequences: false) {
            if line.startIndex > 0 { result.append(0x0a) }
            let isCSV = line.last == 0x0d && line.endIndex < bytes.endIndex
            let text = isCSV ? line.dropLast() : line
            result += safe(CgroupPath.text(text), keeping: ["\t"]).utf8
            if isCSV { result.append(0x0d) }
        }
        return result
    }

    /// Whether a character could act on a terminal, or is not seen there.
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

    /// What a backslash begins: how long it is, and the bytes that it spells; nil if it stands for
    /// itself.
    private static func escape(_ text: ArraySlice<UInt8>) -> (length: Int, spelled: [UInt8]?) {
        if let byte = hexadecimal(text) {
            guard byte >= 0x80 else {
                return (4, isPlain(byte) && byte != backslash ? nil : [byte])
            }
            // systemd writes every byte of a character above 0x7f so. No bytes that are not UTF-8
            // make a character together, so this is no spelling of ours.
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

    /// The byte of `\xNN` with lower-case digits.
    private static func hexadecimal(_ text: ArraySlice<UInt8>) -> UInt8? {
        let digits = text.dropFirst(2).prefix(2)
        guard text.starts(with: #"\x"#.utf8), digits.count == 2,
            digits.allSatisfy(\.isLowerHexDigit)
        else { return nil }
        return UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
    }

    /// The character that bytes begin with; nil if they begin with none.
    private static func scalar(_ bytes: ArraySlice<UInt8>) -> Unicode.Scalar? {
        guard let first = bytes.first else { return nil }
        let length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
        return String(validating: bytes.prefix(length), as: UTF8.self)?.unicodeScalars.first
    }
}

extension String {
    /// Outside text as people see it; ``PrintableText`` tells the spelling.
    package var printable: String { PrintableText.text(utf8) }

    /// The text as one line that a terminal may get: a message may quote what anybody wrote.
    package var onOneLine: String { PrintableText.safe(self) }
}
