/// The payload of a snapshot record.
///
///     time in microseconds since 1970 (LE64)  length of the words (LE32)  words  frame
///
/// Each word has its number, and follows the number of words.
struct FrameRecord {
    static let timeLength = 8
    private static let wordsStart = 12
    /// Limits what hostile bytes can claim.
    private static let wordLimit = 1 << 16

    /// A text by the number that the writer gave it.
    struct NumberedWord: Hashable {
        let number: UInt64
        let text: String
    }

    var wallTime: UInt64
    /// The words of the snapshot that no earlier record of the segment has.
    var words: [NumberedWord]
    var frame: [UInt8]

    func encode() -> [UInt8] {
        var texts = RunWriter()
        if !words.isEmpty {
            texts.put(UInt64(words.count))
            for word in words {
                texts.put(word.number)
                texts.put(text: word.text)
            }
        }
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

    /// Decodes a payload.
    init(decoding payload: [UInt8]) throws(FrameError) {
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
            for _ in 0..<(try input.count(upTo: Self.wordLimit)) {
                words.append(NumberedWord(number: try input.next(), text: try input.string()))
            }
        }
        frame = Array(payload[(Self.wordsStart + length)...])
    }

    init(wallTime: UInt64, words: [NumberedWord], frame: [UInt8]) {
        self.wallTime = wallTime
        self.words = words
        self.frame = frame
    }
}
