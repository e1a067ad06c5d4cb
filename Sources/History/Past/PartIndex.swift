/// The places of the records of one file, found by reading their heads only.
///
/// Payloads are checked when they are decoded, so a file of any size is searched quickly.
struct PartIndex: Sendable {
    /// A snapshot.
    struct Frame: Sendable {
        /// The time in microseconds since 1970.
        let time: UInt64
        /// The index of its segment.
        let segment: Int
        /// The bytes of its record.
        let record: Range<Int>
        /// The bytes of the record of its gauges; nil if it has none.
        var gauges: Range<Int>?
        /// The bytes of the record of the cgroups that it leaves out; nil if it has none.
        var omissions: Range<Int>?
    }

    /// A header and the snapshots that depend on it.
    struct Segment: Sendable {
        /// The bytes of the header's record.
        let header: Range<Int>
        /// The index of its first snapshot.
        let first: Int
    }

    /// The restored bytes of records whose heads are damaged, by offset.
    private var restored: [Int: [UInt8]] = [:]

    private(set) var frames: [Frame] = []
    private(set) var segments: [Segment] = []
    private(set) var notes: [RecordingNote] = []
    /// The number of times that the clock was set back just before the first snapshot.
    private(set) var marks = 0

    init(_ file: any RecordingBytes) throws {
        var scanner = RecordScanner(file, payloadPrefix: FrameRecord.timeLength)
        /// Whether the next snapshot has everything that it depends on.
        var isConnected = false
        /// Whether the last record was a snapshot, or belongs to one.
        var followsFrame = false
        /// Where the segment of the next record begins, if it is intact so far.
        var start: Int? = 0
        /// The first of the snapshots that the last damage made unreadable, and their number.
        var lost: (offset: Int, count: Int)?
        func note(_ offset: Int, _ kind: RecordingNote.Kind) {
            notes.append(RecordingNote(file: file.name, offset: offset, kind: kind))
        }
        while var item = try scanner.next() {
            let wasFrame = followsFrame
            followsFrame = false
            if case .damage(let range) = item, let begin = start {
                // Only one record of a segment can be restored.
                start = nil
                if let record = try SegmentParity.restore(range, from: begin, in: file),
                    let head = Record.head(record[...])
                {
                    note(range.lowerBound, .restored(end: range.upperBound))
                    restored[range.lowerBound] = record
                    let time = record.dropFirst(Record.headLength).prefix(FrameRecord.timeLength)
                    item = .record(
                        kind: head.kind, payload: Array(time), offset: range.lowerBound)
                }
            }
            switch item {
            case .damage(let range):
                isConnected = false
                lost = nil
                note(range.lowerBound, .damaged(end: range.upperBound))
            case .torn(let offset): note(offset, .torn)
            case .record(Record.Kind.header, _, let offset):
                isConnected = true
                lost = nil
                if restored[offset] == nil { start = offset }
                segments.append(Segment(header: offset..<scanner.offset, first: frames.count))
            case .record(Record.Kind.frame, let time, let offset):
                guard isConnected, time.count == FrameRecord.timeLength else {
                    isConnected = false
                    if lost != nil { notes.removeLast() }
                    let all = (offset: lost?.offset ?? offset, count: (lost?.count ?? 0) + 1)
                    lost = all
                    note(all.offset, .lost(snapshots: all.count))
                    continue
                }
                frames.append(
                    Frame(
                        time: time[...].littleEndian, segment: segments.count - 1,
                        record: offset..<scanner.offset))
                followsFrame = true
            case .record(Record.Kind.gauges, _, let offset) where wasFrame:
                frames[frames.count - 1].gauges = offset..<scanner.offset
                followsFrame = true
            case .record(Record.Kind.omissions, _, let offset) where wasFrame:
                frames[frames.count - 1].omissions = offset..<scanner.offset
            case .record(Record.Kind.setBack, _, _):
                marks += 1
                start = scanner.offset
            case .record(Record.Kind.parity, _, _): start = scanner.offset
            case .record: break
            }
        }
    }

    /// The bytes of a record, restored if its head was damaged.
    func bytes(_ record: Range<Int>, in file: any RecordingBytes) throws -> [UInt8] {
        try restored[record.lowerBound] ?? file.bytes(record)
    }

    /// The number of snapshots that depend on one.
    func dependants(of number: Int) -> Int {
        let next = frames[number].segment + 1
        return (next < segments.count ? segments[next].first : frames.count) - number - 1
    }

    /// The time of the first snapshot of a file, nil if it has none, and the marks before it.
    static func first(_ file: any RecordingBytes) throws -> (time: UInt64?, marks: Int) {
        var scanner = RecordScanner(file, payloadPrefix: FrameRecord.timeLength)
        var marks = 0
        while let item = try scanner.next() {
            if case .record(Record.Kind.setBack, _, _) = item { marks += 1 }
            if case .record(Record.Kind.frame, let time, _) = item,
                time.count == FrameRecord.timeLength
            {
                return (time[...].littleEndian, marks)
            }
        }
        return (nil, marks)
    }

    /// The ranges of snapshots whose times increase; more than one if the clock was set back.
    var ascents: [Range<Int>] {
        var result: [Range<Int>] = []
        var start = 0
        for index in frames.indices
        where index == frames.count - 1 || frames[index + 1].time <= frames[index].time {
            result.append(start..<index + 1)
            start = index + 1
        }
        return result
    }
}
