package import CgroupModel

/// Encodes snapshots as the bytes of a recording, to be appended in order.
///
/// A segment is a header, a keyframe and the frames that depend on it. It is self-contained, so
/// recordings may be split and joined at segments.
package struct SegmentEncoder: Sendable {
    /// The records of an unfinished segment so far.
    struct OpenSegment: Sendable {
        /// The ``Record/identity(of:)`` of its header.
        fileprivate(set) var identity: UInt32 = 0
        /// The length of the records.
        fileprivate(set) var byteCount = 0
        /// The parity of the records.
        fileprivate(set) var parity = SegmentParity()
    }

    private let origin: RecordingOrigin
    private let keyframeInterval: Int
    private let step: UInt64
    private var earlier: Snapshot?
    private var frames = 0
    private var words = SegmentWords()
    /// The segment that is not finished yet; empty if there is none.
    private(set) var segment = OpenSegment()

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

    /// Ends the segment, so that the next snapshot begins one; returns the bytes that complete it.
    ///
    /// They are empty if there is no segment. Without this call they precede the next segment.
    package mutating func endSegment() -> [UInt8] {
        earlier = nil
        guard segment.byteCount > 0 else { return [] }
        defer { segment = OpenSegment() }
        return Record.encode(Record.Kind.parity, segment.parity.bytes)
    }

    /// Encodes the next snapshot, the maxima and means of those for which it stands, and what is
    /// left out of it.
    package mutating func encode(
        _ snapshot: Snapshot, gauges: GaugeSummary? = nil, omissions: [Omission] = []
    ) -> [UInt8] {
        let frame = FrameCodec.encode(snapshot, after: isAtBoundary ? nil : earlier)
        var bytes: [UInt8] = []
        if FrameCodec.isKeyframe(frame) {
            bytes = endSegment()
            let header = SegmentHeader(
                origin: origin, wallTime: snapshot.wallTime,
                monotonicTime: snapshot.tierTimes.map(\.now).max() ?? 0, step: step)
            add(Record.Kind.header, header.encode(), to: &bytes)
            words = SegmentWords()
            frames = 0
        }
        earlier = snapshot
        frames += 1
        let record = FrameRecord(
            wallTime: snapshot.wallTime, words: words.new(in: snapshot), frame: frame)
        add(Record.Kind.frame, record.encode(), to: &bytes)
        if let gauges { add(Record.Kind.gauges, gauges.encode(for: snapshot), to: &bytes) }
        if !omissions.isEmpty {
            add(Record.Kind.omissions, Omission.encode(omissions), to: &bytes)
        }
        return bytes
    }

    private mutating func add(_ kind: UInt8, _ payload: [UInt8], to bytes: inout [UInt8]) {
        let record = Record.encode(kind, payload)
        if kind == Record.Kind.header { segment.identity = Record.identity(of: record) ?? 0 }
        segment.byteCount += record.count
        segment.parity.add(record)
        bytes += record
    }
}

/// The words that the records of a segment have so far.
///
/// Only those that occur are recorded: a tenant can make the program meet thousands of others.
private struct SegmentWords: Sendable {
    private var isKnown: [Bool] = []

    /// Returns the words of the next snapshot that are new, in the order of their numbers.
    mutating func new(in snapshot: Snapshot) -> [FrameRecord.NumberedWord] {
        let schema = snapshot.schema
        let columns = schema.columns.indices.filter {
            MetricCatalog[schema.columns[$0]].kind == .text
        }
        let texts = Word.texts(from: 0)
        while isKnown.count < texts.count { isKnown.append(false) }
        var new: [Int] = []
        snapshot.forEachWord(columns: columns, .own) { number in
            guard let number = Int(exactly: number), number < texts.count, !isKnown[number] else {
                return
            }
            isKnown[number] = true
            new.append(number)
        }
        return new.sorted().map {
            FrameRecord.NumberedWord(number: UInt64($0), text: texts[$0])
        }
    }
}
