/// The header of a record of `/dev/kmsg`: `6,28743,24892019664,-;TEXT`.
///
/// Later kernels may add fields before the semicolon. Lines after the first are properties of the
/// record, not text.
package struct KernelLogHeader: Hashable, Sendable {
    /// Whether the kernel wrote the record: a process that writes to `/dev/kmsg` cannot choose
    /// facility 0.
    package let isKernels: Bool
    /// The number of the record since boot.
    package let sequence: UInt64
    /// The time in microseconds of the kernel's log clock, which stops during suspend.
    package let microseconds: UInt64
    /// Whether the text continues a line that did not fit into one record.
    package let isContinuation: Bool
    /// The position of the text.
    package let text: Range<Int>

    /// Parses a header; nil if it is malformed.
    package init?(_ record: Span<UInt8>) {
        var position = 0
        guard let priority = record.number(&position), record.skip(UInt8(ascii: ","), &position),
            let sequence = record.number(&position), record.skip(UInt8(ascii: ","), &position),
            let microseconds = record.number(&position), record.skip(UInt8(ascii: ","), &position),
            position < record.count
        else { return nil }
        isKernels = priority < 8
        self.sequence = sequence
        self.microseconds = microseconds
        isContinuation =
            record[position] == UInt8(ascii: "c") || record[position] == UInt8(ascii: "+")
        guard let semicolon = record.first(UInt8(ascii: ";"), in: position..<record.count) else {
            return nil
        }
        let start = semicolon + 1
        text = start..<(record.first(UInt8(ascii: "\n"), in: start..<record.count) ?? record.count)
    }
}

extension Span where Element == UInt8 {
    /// Parses a decimal number; nil if there is none or it exceeds 64 bits.
    func number(_ position: inout Int) -> UInt64? {
        let start = position
        var value: UInt64 = 0
        while position < count {
            let digit = self[position] &- UInt8(ascii: "0")
            guard digit < 10 else { break }
            let (product, over) = value.multipliedReportingOverflow(by: 10)
            let (sum, more) = product.addingReportingOverflow(UInt64(digit))
            if over || more { return nil }
            value = sum
            position += 1
        }
        return position > start ? value : nil
    }

    /// Consumes one byte if it matches.
    func skip(_ byte: UInt8, _ position: inout Int) -> Bool {
        guard position < count, self[position] == byte else { return false }
        position += 1
        return true
    }

    /// The first position of a byte in a range.
    func first(_ byte: UInt8, in range: Range<Int>) -> Int? {
        for position in range where self[position] == byte { return position }
        return nil
    }

    /// Whether some bytes are at a position and end within a limit.
    func has(_ bytes: [UInt8], at position: Int, before end: Int) -> Bool {
        guard position + bytes.count <= end else { return false }
        for offset in 0..<bytes.count where self[position + offset] != bytes[offset] {
            return false
        }
        return true
    }

    /// The first occurrence of some bytes in a range.
    func first(_ bytes: [UInt8], in range: Range<Int>) -> Int? {
        guard range.count >= bytes.count else { return nil }
        for position in range.lowerBound...(range.upperBound - bytes.count)
        where self[position] == bytes[0] && has(bytes, at: position, before: range.upperBound) {
            return position
        }
        return nil
    }

    /// The last occurrence of some bytes in a range.
    func last(_ bytes: [UInt8], in range: Range<Int>) -> Int? {
        guard range.count >= bytes.count else { return nil }
        for position in (range.lowerBound...(range.upperBound - bytes.count)).reversed()
        where self[position] == bytes[0] && has(bytes, at: position, before: range.upperBound) {
            return position
        }
        return nil
    }

    /// A copy of the bytes in a range.
    func copy(_ range: Range<Int>) -> [UInt8] { range.map { self[$0] } }
}

/// The escapes of `/dev/kmsg`: control characters, backslashes and all bytes from 0x7f are `\xNN`.
enum KernelLogText {
    /// Decodes the escapes.
    static func decoded(_ text: [UInt8]) -> [UInt8] {
        guard text.contains(UInt8(ascii: "\\")) else { return text }
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var position = 0
        while position < text.count {
            if text[position] == UInt8(ascii: "\\"), position + 3 < text.count,
                text[position + 1] == UInt8(ascii: "x"), let high = digit(text[position + 2]),
                let low = digit(text[position + 3])
            {
                result.append(high << 4 | low)
                position += 4
            } else {
                result.append(text[position])
                position += 1
            }
        }
        return result
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
