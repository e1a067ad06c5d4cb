/// Appends JSON (RFC 8259) to a buffer.
package struct JSONWriter {
    /// The JSON written so far.
    package private(set) var bytes: [UInt8] = []
    private var needsComma = false

    /// Creates an empty writer.
    package init() {}

    /// Writes an object whose keys and values `body` writes.
    package mutating func object(_ body: (inout JSONWriter) throws -> Void) rethrows {
        try nest(UInt8(ascii: "{"), UInt8(ascii: "}"), body)
    }

    /// Writes an array whose elements `body` writes.
    package mutating func array(_ body: (inout JSONWriter) throws -> Void) rethrows {
        try nest(UInt8(ascii: "["), UInt8(ascii: "]"), body)
    }

    private mutating func nest(
        _ open: UInt8, _ close: UInt8, _ body: (inout JSONWriter) throws -> Void
    ) rethrows {
        separate()
        bytes.append(open)
        needsComma = false
        try body(&self)
        bytes.append(close)
        needsComma = true
    }

    /// Writes a key; its value must follow.
    package mutating func key(_ name: String) {
        separate()
        bytes.append(quoted: name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// Writes a key that ``prepared(_:)`` has quoted; its value must follow.
    package mutating func key(prepared name: [UInt8]) {
        separate()
        bytes += name
        needsComma = false
    }

    /// Quotes a key that is written many times.
    package static func prepared(_ name: String) -> [UInt8] {
        var key: [UInt8] = []
        key.append(quoted: name)
        key.append(UInt8(ascii: ":"))
        return key
    }

    /// Writes a string.
    package mutating func value(_ text: String) {
        separate()
        bytes.append(quoted: text)
    }

    /// Writes a whole number.
    package mutating func value(_ number: UInt64) {
        separate()
        bytes.append(decimal: number)
    }

    /// Writes a whole number.
    package mutating func value(_ number: Int64) { literal(String(number)) }

    /// Writes a Boolean.
    package mutating func value(_ flag: Bool) { literal(flag ? "true" : "false") }

    /// Writes a rate with three decimals.
    package mutating func value(_ number: Double) {
        separate()
        bytes.append(thousandths: number)
    }

    /// Writes a key and an object whose keys and values `body` writes.
    package mutating func object(
        _ name: String, _ body: (inout JSONWriter) throws -> Void
    ) rethrows {
        key(name)
        try object(body)
    }

    /// Writes a key and an array whose elements `body` writes.
    package mutating func array(
        _ name: String, _ body: (inout JSONWriter) throws -> Void
    ) rethrows {
        key(name)
        try array(body)
    }

    /// Writes a key and a string.
    package mutating func member(_ name: String, _ text: String) {
        key(name)
        value(text)
    }

    /// Writes a key and a whole number.
    package mutating func member(_ name: String, _ number: UInt64) {
        key(name)
        value(number)
    }

    /// Writes a key and a whole number.
    package mutating func member(_ name: String, _ number: Int64) {
        key(name)
        value(number)
    }

    /// Writes a key and a Boolean.
    package mutating func member(_ name: String, _ flag: Bool) {
        key(name)
        value(flag)
    }

    /// Writes a key and a rate with three decimals.
    package mutating func member(_ name: String, _ number: Double) {
        key(name)
        value(number)
    }

    /// Writes a number that is already formatted as JSON.
    package mutating func literal(_ text: String) {
        separate()
        bytes.append(contentsOf: text.utf8)
    }

    /// Ends a line of JSON lines; the next value needs no comma.
    package mutating func newline() {
        bytes.append(UInt8(ascii: "\n"))
        needsComma = false
    }

    /// Returns what was written and empties the buffer.
    package mutating func take() -> [UInt8] {
        defer { bytes.removeAll(keepingCapacity: true) }
        return bytes
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }
}
