internal import CgroupModel

/// The snapshots of a recording, which stay on disk; what is held is where each of them is.
public struct Recording: Sendable {
    struct Segment: Sendable {
        let part: Int
        let header: SegmentHeader
        /// The numbers of its snapshots.
        var numbers: Range<Int>
    }

    struct Place: Sendable {
        let segment: Int
        /// The payload of the record.
        let payload: Range<Int>
        let wallTime: UInt64
    }

    let parts: [any RecordingBytes]
    private(set) var segments: [Segment] = []
    private(set) var places: [Place] = []
    /// What is wrong with it, in the order of the bytes.
    public private(set) var notes: [RecordingNote] = []

    /// Looks through the bytes of one or more files, the oldest first.
    ///
    /// Throws a ``RecordingError``, or what reading throws.
    public init(_ parts: [any RecordingBytes]) throws {
        self.parts = parts
        for part in parts.indices { try scan(part) }
        let name = parts.last?.name ?? ""
        guard !places.isEmpty else {
            throw segments.isEmpty && parts.contains { $0.byteCount > 0 }
                ? RecordingError.notARecording(name) : RecordingError.empty(name)
        }
    }

    /// How many snapshots there are; they are numbered from 0.
    public var count: Int { places.count }

    /// When a snapshot was taken, in microseconds since 1970.
    public func wallTime(_ number: Int) -> UInt64 { places[number].wallTime }

    /// Where a snapshot is from.
    public func origin(_ number: Int) -> RecordingOrigin {
        segments[places[number].segment].header.origin
    }

    /// The newest snapshot taken at `wallTime` or before, or else the oldest one.
    ///
    /// A clock may have been set back, so the times need not be in order.
    public func number(at wallTime: UInt64) -> Int {
        places.lastIndex { $0.wallTime <= wallTime } ?? 0
    }

    /// The length of a file up to the end of its last whole record, where more may be appended.
    ///
    /// Throws a ``RecordingError`` for a file that is not empty and no recording of this format.
    public static func wholeLength(_ file: some RecordingBytes) throws -> Int {
        guard file.byteCount > 0 else { return 0 }
        var scanner = RecordScanner(file)
        var hasHeader = false
        while let item = try scanner.next() {
            switch item {
            case .record(Record.Kind.header, let payload, _):
                if case .otherVersion(let version) = try? SegmentHeader.decode(payload) {
                    throw RecordingError.otherVersion(file.name, version)
                }
                hasHeader = true
            case .torn(let offset) where hasHeader || offset == 0: return offset
            case .record, .damage, .torn: break
            }
        }
        guard hasHeader else { throw RecordingError.notARecording(file.name) }
        return file.byteCount
    }

    private mutating func scan(_ part: Int) throws {
        var scanner = RecordScanner(parts[part])
        /// Whether the snapshots that come now have all that they lean on.
        var isConnected = false
        while let item = try scanner.next() {
            switch item {
            case .damage(let range):
                isConnected = false
                note(part, range.lowerBound, .damaged(end: range.upperBound))
            case .torn(let offset): note(part, offset, .torn)
            case .record(Record.Kind.header, let payload, let offset):
                isConnected = try begin(part, payload, offset)
            case .record(Record.Kind.frame, let payload, let offset):
                if isConnected, let time = FrameRecord.wallTime(of: payload) {
                    let start = offset + Record.headLength
                    places.append(
                        Place(
                            segment: segments.count - 1, payload: start..<start + payload.count,
                            wallTime: time))
                    segments[segments.count - 1].numbers =
                        segments[segments.count - 1].numbers.lowerBound..<places.count
                } else {
                    isConnected = false
                    lose(part, offset)
                }
            case .record: break
            }
        }
    }

    /// Begins a segment; false if its header cannot be understood.
    private mutating func begin(_ part: Int, _ payload: [UInt8], _ offset: Int) throws -> Bool {
        let decoded: SegmentHeader.Decoded
        do throws(FrameError) {
            decoded = try SegmentHeader.decode(payload)
        } catch {
            note(part, offset, .notUnderstood(error.reason))
            return false
        }
        switch decoded {
        case .otherVersion(let version):
            throw RecordingError.otherVersion(parts[part].name, version)
        case .header(var header):
            if let known = segments.last?.header.legend, known == header.legend {
                // One table for all segments instead of one for each.
                header.legend = known
            } else if !header.legend.unknownNames.isEmpty {
                note(part, offset, .unknownMetrics(header.legend.unknownNames))
            }
            segments.append(
                Segment(part: part, header: header, numbers: places.count..<places.count))
            return true
        }
    }

    private mutating func note(_ part: Int, _ offset: Int, _ kind: RecordingNote.Kind) {
        notes.append(RecordingNote(file: parts[part].name, offset: offset, kind: kind))
    }

    /// Counts a snapshot to those that were lost with the last damage.
    private mutating func lose(_ part: Int, _ offset: Int) {
        if let last = notes.last, last.file == parts[part].name, case .lost(let count) = last.kind {
            notes[notes.count - 1] = RecordingNote(
                file: last.file, offset: last.offset, kind: .lost(snapshots: count + 1))
        } else {
            note(part, offset, .lost(snapshots: 1))
        }
    }
}
