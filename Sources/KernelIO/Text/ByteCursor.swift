internal import CgroupModel

/// A read position in the bytes of a kernel file; every parser uses it.
struct ByteCursor: ~Escapable {
    let bytes: Span<UInt8>
    var position = 0

    @_lifetime(copy bytes)
    init(_ bytes: Span<UInt8>) { self.bytes = bytes }

    var atEnd: Bool { position >= bytes.count }

    /// The byte at the position; nil at the end.
    var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    /// Consumes one byte if it matches.
    mutating func take(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    /// Consumes bytes up to a blank, a newline, `=` or the end.
    mutating func takeWord() -> Range<Int> {
        let start = position
        while position < bytes.count, !Self.ends[Int(bytes[position])] { position += 1 }
        return start..<position
    }

    /// Consumes bytes up to a blank, a newline or the end; a name may contain `=`.
    mutating func takeName() -> Range<Int> {
        let start = position
        while position < bytes.count, !isBlank, bytes[position] != UInt8(ascii: "\n") {
            position += 1
        }
        return start..<position
    }

    /// Whether a blank or a tab is at the position.
    private var isBlank: Bool { bytes[position].isBlank }

    /// Consumes blanks and tabs; false if there are none.
    mutating func takeBlanks() -> Bool {
        let start = position
        while position < bytes.count, isBlank { position += 1 }
        return position > start
    }

    /// Consumes blanks, tabs and one newline.
    ///
    /// False if another byte or the end of the file follows the blanks, which are consumed even
    /// then.
    mutating func takeLineEnd() -> Bool {
        if take(UInt8(ascii: "\n")) { return true }
        _ = takeBlanks()
        return take(UInt8(ascii: "\n"))
    }

    /// Whether the preceding word is complete; a word at the end of the file may be truncated.
    var isAtBreak: Bool {
        position < bytes.count && (isBlank || bytes[position] == UInt8(ascii: "\n"))
    }

    private static let ends: [Bool] = (0...UInt8.max).map { " \n=\t".utf8.contains($0) }

    /// Skips past the next newline; false if there is none.
    mutating func skipLine() -> Bool {
        while position < bytes.count {
            position += 1
            if bytes[position - 1] == UInt8(ascii: "\n") { return true }
        }
        return false
    }

    /// Whether the bytes in a range equal the given ones.
    func matches(_ range: Range<Int>, _ wanted: [UInt8]) -> Bool {
        guard range.count == wanted.count else { return false }
        for offset in 0..<wanted.count where bytes[range.lowerBound + offset] != wanted[offset] {
            return false
        }
        return true
    }

    /// Copies the bytes in a range.
    func copy(_ range: Range<Int>) -> [UInt8] { range.map { bytes[$0] } }

    /// Consumes a decimal number; nil if there is none or it exceeds 64 bits.
    mutating func takeNumber() -> UInt64? {
        var value: UInt64 = 0
        let start = position
        while position < bytes.count {
            let digit = bytes[position] &- UInt8(ascii: "0")
            guard digit < 10 else { break }
            if value >= 1_844_674_407_370_955_161 {
                let (product, over) = value.multipliedReportingOverflow(by: 10)
                let (sum, more) = product.addingReportingOverflow(UInt64(digit))
                if over || more { return nil }
                value = sum
            } else {
                value = value &* 10 &+ UInt64(digit)
            }
            position += 1
        }
        return position > start ? value : nil
    }
}
