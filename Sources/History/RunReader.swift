/// Decodes what ``RunWriter`` wrote, and validates everything.
struct RunReader {
    let bytes: [UInt8]
    private var zeros: UInt64 = 0
    private(set) var offset = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func next() throws(FrameError) -> UInt64 {
        if zeros > 0 {
            zeros -= 1
            return 0
        }
        let value = try number()
        if value == 0 { zeros = try number() }
        return value
    }

    mutating func next(from base: UInt64) throws(FrameError) -> UInt64 {
        base &+ UInt64(bitPattern: unzigzag(try next()))
    }

    /// Reads a number; throws if it exceeds `limit`.
    mutating func count(upTo limit: Int) throws(FrameError) -> Int {
        let value = try next()
        guard value <= UInt64(limit) else { throw error(.malformed) }
        return Int(value)
    }

    mutating func text() throws(FrameError) -> ArraySlice<UInt8> {
        let count = try next()
        guard zeros == 0 else { throw error(.malformed) }
        guard count <= UInt64(bytes.count - offset) else { throw error(.truncated) }
        let start = offset
        offset += Int(count)
        return bytes[start..<offset]
    }

    /// Skips `count` zeros; if fewer follow, skips none and returns false.
    mutating func skipZeros(exactly count: Int) throws(FrameError) -> Bool {
        if zeros == 0, offset < bytes.count, bytes[offset] == 0 {
            offset += 1
            let more = try number()
            guard more < .max else { throw error(.malformed) }
            zeros = more + 1
        }
        guard zeros >= UInt64(count) else { return false }
        zeros -= UInt64(count)
        return true
    }

    /// Bytes that were read, and the number of zeros that were left of the last run.
    struct Passage: Sendable {
        fileprivate let bytes: ArraySlice<UInt8>
        fileprivate let zeros: UInt64
    }

    /// The passage since an offset; nil if a run of zeros had begun before it.
    func passage(since start: Int?) -> Passage? {
        start.map { Passage(bytes: bytes[$0..<offset], zeros: zeros) }
    }

    /// The offset, unless it is within a run of zeros.
    var startOfPassage: Int? { zeros == 0 ? offset : nil }

    /// Skips a passage if the same bytes follow.
    mutating func skip(_ passage: Passage) -> Bool {
        guard zeros == 0, bytes[offset...].starts(with: passage.bytes) else { return false }
        offset += passage.bytes.count
        zeros = passage.zeros
        return true
    }

    /// Where the rest begins, which has another encoding.
    func rest() throws(FrameError) -> Int {
        guard zeros == 0 else { throw error(.malformed) }
        return offset
    }

    func finish() throws(FrameError) {
        guard zeros == 0, offset == bytes.count else { throw error(.trailing) }
    }

    func error(_ reason: FrameError.Reason) -> FrameError {
        FrameError(reason: reason, offset: offset)
    }

    private mutating func number() throws(FrameError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while offset < bytes.count {
            let byte = UInt64(bytes[offset])
            offset += 1
            guard shift < 63 || byte <= 1 else { throw error(.malformed) }
            value |= (byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        throw error(.truncated)
    }
}
