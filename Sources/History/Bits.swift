/// Encodes numbers bit by bit, the lowest bit first.
struct BitWriter {
    private(set) var bytes: [UInt8] = []
    private var window: UInt64 = 0
    /// The number of bits in the window, below 8.
    private var held = 0

    /// Writes the lowest bits of a value, which has no higher ones.
    mutating func put(_ value: UInt64, bits count: Int) {
        if count > 32 {
            put(value & 0xffff_ffff, bits: 32)
            return put(value >> 32, bits: count - 32)
        }
        window |= value << held
        held += count
        while held >= 8 {
            bytes.append(UInt8(truncatingIfNeeded: window))
            window >>= 8
            held -= 8
        }
    }

    /// Writes a number in few bits if it has about `typical` of them.
    ///
    /// The bits above the lowest `typical` ones come first: their number in unary, then the bits
    /// without the leading 1. The lowest bits follow.
    mutating func put(_ value: UInt64, typical: Int) {
        let rest = typical < 64 ? value >> typical : 0
        let length = rest.bitLength
        put(0, bits: length)
        put(1, bits: 1)
        if length > 1 { put(rest & .lowest(length - 1), bits: length - 1) }
        put(value & .lowest(typical), bits: typical)
    }

    /// Fills up the last byte with zeros.
    mutating func finish() {
        if held > 0 { put(0, bits: 8 - held) }
    }
}

/// Decodes what ``BitWriter`` wrote; past the end it reads zeros, which ``finish()`` refuses.
struct BitReader {
    private let bytes: [UInt8]
    private let range: Range<Int>
    private var next: Int
    private var window: UInt64 = 0
    private var held = 0

    /// Begins at the first byte of a range.
    init(_ bytes: [UInt8], _ range: Range<Int>) {
        self.bytes = bytes
        self.range = range
        next = range.lowerBound
    }

    mutating func bits(_ count: Int) -> UInt64 {
        if count > 32 { return bits(32) | bits(count - 32) << 32 }
        if held < count { refill() }
        let value = window & .lowest(count)
        window >>= count
        held -= count
        return value
    }

    /// Reads a number with the same `typical` number of bits.
    mutating func number(typical: Int) throws(FrameError) -> UInt64 {
        var length = 0
        while true {
            if held == 0 { refill() }
            let zeros = window.trailingZeroBitCount
            if zeros < held {
                length += zeros
                window >>= zeros
                window >>= 1
                held -= zeros + 1
                break
            }
            length += held
            held = 0
            window = 0
            guard length <= 64 else { throw error(.malformed) }
        }
        guard length <= 64 - typical else { throw error(.malformed) }
        let rest = length == 0 ? 0 : 1 << (length - 1) | bits(length - 1)
        return (typical < 64 ? rest << typical : 0) | bits(typical)
    }

    /// Throws if a number went past the end, and if bytes or bits are left over.
    func finish() throws(FrameError) {
        let used = (next - range.lowerBound) * 8 - held
        guard used <= range.count * 8 else { throw error(.truncated) }
        guard used > range.count * 8 - 8, window == 0 else { throw error(.trailing) }
    }

    /// Whether all bits read so far are within the range.
    var isWithinBounds: Bool { next - held / 8 <= range.upperBound }

    func error(_ reason: FrameError.Reason) -> FrameError {
        FrameError(reason: reason, offset: min(next, range.upperBound))
    }

    private mutating func refill() {
        while held <= 56 {
            if next < range.upperBound { window |= UInt64(bytes[next]) << held }
            next += 1
            held += 8
        }
    }
}

extension UInt64 {
    /// The number of bits without leading zeros.
    var bitLength: Int { 64 - leadingZeroBitCount }

    /// A number whose lowest bits are ones.
    static func lowest(_ count: Int) -> UInt64 { count < 64 ? (1 << count) - 1 : .max }
}
