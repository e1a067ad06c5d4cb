/// JSON text (RFC 8259).
extension Array where Element == UInt8 {
    /// Appends a quoted string; escapes characters that could affect a terminal.
    package mutating func append(quoted text: String) {
        append(UInt8(ascii: "\""))
        if text.utf8.allSatisfy({ $0 < 0x80 }) {
            for byte in text.utf8 { append(escaping: byte) }
        } else {
            for scalar in text.unicodeScalars { append(escaping: scalar) }
        }
        append(UInt8(ascii: "\""))
    }

    private mutating func append(escaping scalar: Unicode.Scalar) {
        if scalar.isASCII {
            append(escaping: UInt8(scalar.value))
        } else if PrintableText.isUnsafe(scalar) {
            for unit in String(scalar).utf16 { append(unit: unit) }
        } else {
            append(contentsOf: String(scalar).utf8)
        }
    }

    private mutating func append(escaping byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            append(UInt8(ascii: "\\"))
            append(byte)
        case UInt8(ascii: "\n"): append(contentsOf: "\\n".utf8)
        case UInt8(ascii: "\t"): append(contentsOf: "\\t".utf8)
        case 0..<0x20, 0x7f: append(unit: UInt16(byte))
        default: append(byte)
        }
    }

    /// Appends `\u` and four hexadecimal digits.
    private mutating func append(unit: UInt16) {
        let digits = String(unit, radix: 16)
        append(contentsOf: "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".utf8)
    }
}
