package import CgroupModel

/// Encodes snapshots as the bytes of a recording, to be appended in order.
///
/// A segment is a header, a keyframe and the frames that depend on it. It is self-contained, so
/// recordings may be split and joined at segments.
package struct SegmentEncoder: Sendable {
    private let origin: RecordingOrigin
    private let keyframeInterval: Int
    private let step: UInt64
    private var earlier: Snapshot?
    private var frames = 0
    private var words = 0

    /// Creates an encoder that begins a segment every `keyframeInterval` snapshots.
    ///
    /// `step` is the period for which each snapshot stands, in microseconds; 0 if none is left
    /// out.
    package init(_ origin: RecordingOrigin, keyframeInterval: Int = 60, step: UInt64 = 0) {
        self.origin = origin
        self.step = step
        self.keyframeInterval = max(keyframeInterval, 1)
    }

    /// The record with which a part begins after the clock was set back.
    package static let setBackMark = Record.encode(Record.Kind.setBack, [])

    /// Whether the next snapshot begins a segment, so that it may begin a new file.
    package var isAtBoundary: Bool { earlier == nil || frames >= keyframeInterval }

    /// Makes the next snapshot begin a segment.
    package mutating func endSegment() { earlier = nil }

    /// Encodes the next snapshot, and the maxima and means of those for which it stands.
    package mutating func encode(
        _ snapshot: Snapshot, gauges: GaugeSummary? = nil
    ) -> [UInt8] {
        let frame = FrameCodec.encode(snapshot, after: isAtBoundary ? nil : earlier)
        earlier = snapshot
        var bytes: [UInt8] = []
        if FrameCodec.isKeyframe(frame) {
            let texts = Array(Word.texts(from: 0))
            let header = SegmentHeader(
                origin: origin, wallTime: snapshot.wallTime,
                monotonicTime: snapshot.tierTimes.map(\.now).max() ?? 0, words: texts, step: step)
            bytes = Record.encode(Record.Kind.header, header.encode())
            words = texts.count
            frames = 0
        }
        frames += 1
        let fresh = Word.texts(from: words)
        words += fresh.count
        bytes += Record.encode(
            Record.Kind.frame,
            FrameRecord(wallTime: snapshot.wallTime, words: Array(fresh), frame: frame).encode())
        if let gauges { bytes += Record.encode(Record.Kind.gauges, gauges.encode(for: snapshot)) }
        return bytes
    }
}
