internal import CgroupModel

/// The snapshots of a recording, which stay on disk; only their locations are in memory.
package struct Recording: Sendable {
    struct Segment: Sendable {
        let part: Int
        let header: SegmentHeader
        /// The numbers of its snapshots.
        var numbers: Range<Int>
    }

    struct Place: Sendable {
        let segment: Int
        /// The range of the record's payload.
        let payload: Range<Int>
        let wallTime: UInt64
    }

    let parts: [any RecordingBytes]
    private(set) var segments: [Segment] = []
    private(set) var places: [Place] = []
    /// The problems found, in file order.
    package private(set) var notes: [RecordingNote] = []

    /// Scans one or more files, the oldest first.
    ///
    /// Throws a ``RecordingError``, or the error of reading the bytes.
    package init(_ parts: [any RecordingBytes]) throws {
        self.parts = parts
        for part in parts.indices { try scan(part) }
        let name = parts.last?.name ?? ""
        guard !places.isEmpty else {
            throw segments.isEmpty && parts.contains { $0.byteCount > 0 }
                ? RecordingError.notARecording(name) : RecordingError.empty(name)
        }
    }

    /// The number of snapshots, which are numbered from 0.
    package var count: Int { places.count }

    /// The time of a snapshot in microseconds since 1970.
    package func wallTime(_ number: Int) -> UInt64 { places[number].wallTime }

    /// The origin of a snapshot.
    package func origin(_ number: Int) -> RecordingOrigin {
        segments[places[number].segment].header.origin
    }

    /// The newest snapshot taken at or before `wallTime`, otherwise the oldest one.
    ///
    /// The times need not be in order, because the clock may have been set back.
    package func number(at wallTime: UInt64) -> Int {
        places.lastIndex { $0.wallTime <= wallTime } ?? 0
    }

    /// The length of a file without an incomplete last record, at which more may be appended.
    ///
    /// Throws a ``RecordingError`` for a file that is neither empty nor a recording of this format.
    package static func wholeLength(_ file: some RecordingBytes) throws -> Int {
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
        /// Whether the next snapshot has everything that it depends on.
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

    /// Begins a segment; false if its header is malformed.
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
                // Share one table between all segments.
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

    /// Adds a snapshot to those lost by the last damage.
    private mutating func lose(_ part: Int, _ offset: Int) {
        if let last = notes.last, last.file == parts[part].name, case .lost(let count) = last.kind {
            notes[notes.count - 1] = RecordingNote(
                file: last.file, offset: last.offset, kind: .lost(snapshots: count + 1))
        } else {
            note(part, offset, .lost(snapshots: 1))
        }
    }
}
