/// Encodes numbers as LEB128; a run of zeros is a 0 and the number of further zeros.
///
/// Nearly every number in a frame is the difference from its prediction, and therefore zero.
struct RunWriter {
    private var bytes: [UInt8] = []
    private var zeros: UInt64 = 0

    mutating func put(_ value: UInt64) {
        if value == 0 {
            zeros += 1
        } else {
            if zeros > 0 { endRun() }
            append(value)
        }
    }

    /// Writes the wrapping difference: `absent` is -1, so even non-numeric readings are near small
    /// numbers.
    mutating func put(_ value: UInt64, from base: UInt64) {
        if value == base { zeros += 1 } else { put(zigzag(Int64(bitPattern: value &- base))) }
    }

    mutating func put(text: ArraySlice<UInt8>) {
        put(UInt64(text.count))
        if zeros > 0 { endRun() }
        bytes.append(contentsOf: text)
    }

    /// Returns all bytes in an array without spare capacity, because the ring keeps it for long.
    mutating func finish() -> [UInt8] {
        if zeros > 0 { endRun() }
        return Array(bytes[...])
    }

    private mutating func endRun() {
        bytes.append(0)
        append(zeros - 1)
        zeros = 0
    }

    private mutating func append(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }
}

/// Maps numbers of small magnitude to small numbers: 0, -1, 1, -2 … become 0, 1, 2, 3 ….
func zigzag(_ value: Int64) -> UInt64 { UInt64(bitPattern: value << 1 ^ value >> 63) }

/// The inverse of ``zigzag(_:)``.
func unzigzag(_ value: UInt64) -> Int64 { Int64(bitPattern: value >> 1) ^ -Int64(value & 1) }
