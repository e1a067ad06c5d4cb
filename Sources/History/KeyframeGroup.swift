/// A keyframe and the frames that lean on it; the ring gives up whole groups only.
struct KeyframeGroup: Sendable {
    /// What an array in an array costs besides its bytes: its header, its place, its wall time.
    static let frameOverhead = 64

    /// The absolute numbers of the frames; a frame keeps its number for ever.
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

    func wallTime(_ number: Int) -> UInt64 { wallTimes[number - numbers.lowerBound] }
}
