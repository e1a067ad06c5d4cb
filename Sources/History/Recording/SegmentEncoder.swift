public import CgroupModel

/// Turns snapshots into the bytes of a recording, to be appended one after the other.
///
/// A segment is a header, a keyframe and the frames that lean on it; it needs nothing before it, so
/// recordings may be cut and joined at segments.
public struct SegmentEncoder: Sendable {
    private let origin: RecordingOrigin
    private let keyframeInterval: Int
    private var earlier: Snapshot?
    private var frames = 0
    private var words = 0

    /// Begins a segment every `keyframeInterval` snapshots.
    public init(_ origin: RecordingOrigin, keyframeInterval: Int = 60) {
        self.origin = origin
        self.keyframeInterval = max(keyframeInterval, 1)
    }

    /// Whether the next snapshot begins a segment, so that a new file may begin with it.
    public var isAtBoundary: Bool { earlier == nil || frames >= keyframeInterval }

    /// Lets the next snapshot begin a segment.
    public mutating func endSegment() { earlier = nil }

    /// The bytes of the next snapshot.
    public mutating func encode(_ snapshot: Snapshot) -> [UInt8] {
        let frame = FrameCodec.encode(snapshot, after: isAtBoundary ? nil : earlier)
        earlier = snapshot
        var bytes: [UInt8] = []
        if FrameCodec.isKeyframe(frame) {
            let texts = Array(Word.texts(from: 0))
            let header = SegmentHeader(
                origin: origin, wallTime: snapshot.wallTime,
                monotonicTime: snapshot.tierTimes.map(\.now).max() ?? 0, words: texts)
            bytes = Record.encode(Record.Kind.header, header.encode())
            words = texts.count
            frames = 0
        }
        frames += 1
        let fresh = Word.texts(from: words)
        words += fresh.count
        return bytes
            + Record.encode(
                Record.Kind.frame,
                FrameRecord(wallTime: snapshot.wallTime, words: Array(fresh), frame: frame).encode()
            )
    }
}
