/// Text in JSON (RFC 8259).
extension Array where Element == UInt8 {
    /// Appends a text in quotes.
    package mutating func append(quoted text: String) {
        append(0x22)
        for byte in text.utf8 {
            switch byte {
            case 0x22, 0x5c:
                append(0x5c)
                append(byte)
            case 0x0a: append(contentsOf: [0x5c, 0x6e])
            case 0x09: append(contentsOf: [0x5c, 0x74])
            case 0..<0x20, 0x7f:
                let hex = String(byte, radix: 16)
                append(contentsOf: "\\u00\(byte < 16 ? "0" : "")\(hex)".utf8)
            default: append(byte)
            }
        }
        append(0x22)
    }
}
