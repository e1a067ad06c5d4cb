/// A keyframe and the frames that depend on it; the ring drops whole groups only.
struct KeyframeGroup: Sendable {
    /// The memory overhead of a frame in bytes: its array header, its reference and its time.
    static let frameOverhead = 64

    /// The numbers of the frames; a frame's number never changes.
    private(set) var numbers: Range<Int>
    private(set) var frames: [[UInt8]] = []
    private(set) var wallTimes: [UInt64] = []
    private(set) var byteCount = 0

    init(startingAt number: Int) { numbers = number..<number }

    mutating func append(_ frame: [UInt8], wallTime: UInt64) -> Int {
        frames.append(frame)
        wallTimes.append(wallTime)
        numbers = numbers.lowerBound..<numbers.upperBound + 1
        byteCount += frame.count + Self.frameOverhead
        return frame.count + Self.frameOverhead
    }

    func frame(_ number: Int) -> [UInt8] { frames[number - numbers.lowerBound] }
}
