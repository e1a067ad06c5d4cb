internal import CgroupModel

/// The query of a request target, after the question mark.
enum Query {
    /// Returns the decoded names and values in order; a name without a value has an empty one.
    static func pairs(in query: Substring) -> [(name: String, value: String)] {
        query.split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (decoded(parts[0]), parts.count > 1 ? decoded(parts[1]) : "")
        }
    }

    /// Returns the first value of a name; nil if the name is missing.
    static func value(of name: String, in query: Substring) -> String? {
        pairs(in: query).first { $0.name == name }?.value
    }

    /// Decodes percent escapes and plus signs; invalid escapes stay unchanged.
    private static func decoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let code = code(rest.prefix(2)) {
                bytes.append(code)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            }
        }
        return CgroupPath.text(bytes[...])
    }

    /// Parses two hexadecimal digits; nil for anything else.
    private static func code(_ text: ArraySlice<UInt8>) -> UInt8? {
        let digits = text.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        return digits.count == 2 ? UInt8(digits[0] << 4 | digits[1]) : nil
    }
}
