/// Encodes bytes as printable ASCII without blanks: all other bytes, and `%`, become `%NN`.
package enum PercentText {
    /// Encodes bytes.
    package static func encoded(_ bytes: [UInt8]) -> String {
        var result = ""
        for byte in bytes {
            if byte.isVisible, byte != UInt8(ascii: "%") {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let hex = String(byte, radix: 16)
                result += hex.utf8.count == 1 ? "%0\(hex)" : "%\(hex)"
            }
        }
        return result
    }

    /// Decodes a text; a `%` without two hexadecimal digits is literal.
    package static func decoded(_ text: some StringProtocol) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                let code = UInt8(digits: digits, radix: 16)
            {
                bytes.append(code)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return bytes
    }
}
