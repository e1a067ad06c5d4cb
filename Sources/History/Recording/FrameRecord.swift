/// The payload of a snapshot record.
///
///     time in microseconds since 1970 (LE64)  length of the words (LE32)  words  frame
struct FrameRecord {
    static let timeLength = 8
    private static let wordsStart = 12

    var wallTime: UInt64
    /// The words added since the previous record.
    var words: [String]
    var frame: [UInt8]

    func encode() -> [UInt8] {
        var texts = RunWriter()
        if !words.isEmpty { SegmentHeader.put(words[...], to: &texts) }
        let table = texts.finish()
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.wordsStart + table.count + frame.count)
        bytes.append(littleEndian: wallTime)
        bytes.append(littleEndian: UInt32(table.count))
        return bytes + table + frame
    }

    /// Decodes only the time; nil if the payload is too short for a frame.
    static func wallTime(of payload: [UInt8]) -> UInt64? {
        payload.count > wordsStart ? payload.prefix(timeLength).littleEndian : nil
    }

    /// Decodes a payload; `count` is the number of words known so far.
    init(decoding payload: [UInt8], after count: Int) throws(FrameError) {
        guard let time = Self.wallTime(of: payload) else {
            throw FrameError(reason: .truncated, offset: payload.count)
        }
        let length = Int(payload[Self.timeLength..<Self.wordsStart].littleEndian)
        guard length <= payload.count - Self.wordsStart else {
            throw FrameError(reason: .truncated, offset: payload.count)
        }
        wallTime = time
        words = []
        if length > 0 {
            var input = RunReader(Array(payload[Self.wordsStart..<Self.wordsStart + length]))
            words = try SegmentHeader.words(&input, after: count)
        }
        frame = Array(payload[(Self.wordsStart + length)...])
    }

    init(wallTime: UInt64, words: [String], frame: [UInt8]) {
        self.wallTime = wallTime
        self.words = words
        self.frame = frame
    }
}
