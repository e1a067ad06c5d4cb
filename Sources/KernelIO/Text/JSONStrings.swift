internal import CgroupModel

/// Finds the strings in a JSON text (RFC 8259) and their paths.
///
/// It builds no tree and does not recurse, because the text may come from another user and may be
/// nested arbitrarily deep. Parsing is strict and stops at the first error; strings before it have
/// been visited by then.
package struct JSONStrings {
    /// The position where a text stops being JSON.
    package struct Malformed: Error, Hashable, Sendable {
        /// The byte offset, from 0.
        package let offset: Int
    }

    /// The maximum nesting depth of arrays and objects.
    package static let deepest = 64

    private enum Opened { case object, array(next: Int) }

    private let bytes: [UInt8]
    private var position = 0
    private var opened: [Opened] = []
    private var path: [String] = []

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Passes every string except keys to `body`, with the keys and array positions that lead to
    /// it.
    ///
    /// Examples of paths: `["Config", "Labels", "tier"]`, `["0", "names", "0"]`.
    package static func visit(
        _ bytes: [UInt8], _ body: (_ path: [String], _ value: String) -> Void
    ) throws(Malformed) {
        var reader = JSONStrings(bytes)
        repeat { try reader.value(body) } while try reader.goOn()
        guard reader.position == bytes.count else { throw reader.malformed }
    }

    private var malformed: Malformed { Malformed(offset: position) }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func take(_ byte: Character) -> Bool {
        guard let next, next == byte.asciiValue else { return false }
        position += 1
        return true
    }

    private mutating func skipBlanks() {
        while let next, " \n\r\t".utf8.contains(next) { position += 1 }
    }

    /// Parses a scalar or an empty container; in any other container, descends to its first scalar.
    private mutating func value(
        _ body: (_ path: [String], _ value: String) -> Void
    ) throws(Malformed) {
        while true {
            skipBlanks()
            if take("{") {
                skipBlanks()
                if take("}") { return }
                try open(.object)
                try key()
            } else if take("[") {
                skipBlanks()
                if take("]") { return }
                try open(.array(next: 1))
                path.append("0")
            } else if next == UInt8(ascii: "\"") {
                return body(path, try string())
            } else {
                return try wordOrNumber()
            }
        }
    }

    private mutating func open(_ kind: Opened) throws(Malformed) {
        guard opened.count < Self.deepest else { throw malformed }
        opened.append(kind)
    }

    /// Advances from the end of a value to the next one; false at the end of the outermost value.
    private mutating func goOn() throws(Malformed) -> Bool {
        while true {
            skipBlanks()
            guard let inside = opened.last else { return false }
            path.removeLast()
            switch inside {
            case .object:
                if take(",") {
                    try key()
                    return true
                }
                guard take("}") else { throw malformed }
            case .array(let place):
                if take(",") {
                    opened[opened.count - 1] = .array(next: place + 1)
                    path.append(String(place))
                    return true
                }
                guard take("]") else { throw malformed }
            }
            opened.removeLast()
        }
    }

    private mutating func key() throws(Malformed) {
        skipBlanks()
        path.append(try string())
        skipBlanks()
        guard take(":") else { throw malformed }
    }

    private mutating func string() throws(Malformed) -> String {
        guard take("\"") else { throw malformed }
        var text: [UInt8] = []
        var start = position
        while let byte = next, byte >= 0x20 {
            if byte == UInt8(ascii: "\"") {
                text += bytes[start..<position]
                guard let string = String(validating: text, as: UTF8.self) else { throw malformed }
                position += 1
                return string
            }
            position += 1
            guard byte == UInt8(ascii: "\\") else { continue }
            text += bytes[start..<(position - 1)]
            text += try escaped()
            start = position
        }
        throw malformed
    }

    private static let escapes: [UInt8: UInt8] = [
        UInt8(ascii: "\""): UInt8(ascii: "\""), UInt8(ascii: "\\"): UInt8(ascii: "\\"),
        UInt8(ascii: "/"): UInt8(ascii: "/"), UInt8(ascii: "b"): 0x08, UInt8(ascii: "f"): 0x0c,
        UInt8(ascii: "n"): UInt8(ascii: "\n"), UInt8(ascii: "r"): UInt8(ascii: "\r"),
        UInt8(ascii: "t"): UInt8(ascii: "\t"),
    ]

    /// Parses the rest of an escape sequence after its backslash; returns UTF-8.
    private mutating func escaped() throws(Malformed) -> [UInt8] {
        if let next, let byte = Self.escapes[next] {
            position += 1
            return [byte]
        }
        guard take("u") else { throw malformed }
        var code = try hexadecimal()
        if code & 0xfc00 == 0xd800 {
            guard take("\\"), take("u") else { throw malformed }
            let low = try hexadecimal()
            guard low & 0xfc00 == 0xdc00 else { throw malformed }
            code = 0x10000 + (code & 0x3ff) << 10 + low & 0x3ff
        }
        guard let scalar = Unicode.Scalar(code) else { throw malformed }
        return Array(UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    }

    private mutating func hexadecimal() throws(Malformed) -> UInt32 {
        guard position + 4 <= bytes.count else { throw malformed }
        let digits = bytes[position..<(position + 4)]
        guard digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let code = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw malformed }
        position += 4
        return code
    }

    private mutating func wordOrNumber() throws(Malformed) {
        for word in ["true", "false", "null"] where bytes[position...].starts(with: word.utf8) {
            position += word.utf8.count
            return
        }
        _ = take("-")
        if !take("0") { try digits() }
        if take(".") { try digits() }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            try digits()
        }
    }

    private mutating func digits() throws(Malformed) {
        let start = position
        while let next, next.isDigit { position += 1 }
        guard position > start else { throw malformed }
    }
}
