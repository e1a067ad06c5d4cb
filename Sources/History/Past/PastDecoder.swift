import CgroupModel

/// Decodes the snapshots of a tier, and keeps the last ones to continue from.
struct PastDecoder: Sendable {
    private struct Decoded: Sendable {
        let piece: Int
        let number: Int
        let segment: Int
        let header: SegmentHeader
        /// The snapshot with the writer's metric indexes and word numbers.
        let snapshot: Snapshot
        let translation: SnapshotTranslation
    }

    private struct SegmentKey: Sendable, Hashable {
        let piece: Int
        let segment: Int
    }

    /// Stepping back decodes all snapshots from the keyframe on, so the last few are kept.
    private static let keptCount = 8

    private var kept: [Decoded] = []
    /// The first unreadable snapshot of each damaged segment that was met.
    private var broken: [SegmentKey: Int] = [:]
    private var notes: [RecordingNote] = []

    /// Returns the problems found since the last call.
    mutating func takeNotes() -> [RecordingNote] {
        defer { notes = [] }
        return notes
    }

    /// Decodes a snapshot; nil if it or one that it depends on cannot be read.
    ///
    /// Throws the error of reading the bytes, and a ``RecordingError`` for another format.
    mutating func frame(
        _ number: Int, of index: PartIndex, in file: any RecordingBytes, piece: Int,
        withGauges: Bool
    ) throws -> PastFrame? {
        let segment = index.frames[number].segment
        let key = SegmentKey(piece: piece, segment: segment)
        if let first = broken[key], first <= number { return nil }
        var last = kept.filter {
            $0.piece == piece && $0.segment == segment && $0.number <= number
        }.max { $0.number < $1.number }
        while last?.number != number {
            let next = last.map { $0.number + 1 } ?? index.segments[segment].first
            guard let reached = try decode(next, of: index, in: file, piece, after: last) else {
                broken[key] = next
                let lost = index.dependants(of: next)
                if lost > 0 {
                    note(file, index.frames[next + 1].record, .lost(snapshots: lost))
                }
                return nil
            }
            last = reached
            kept.append(reached)
            if kept.count > Self.keptCount { kept.removeFirst() }
        }
        guard let last else { return nil }
        let gauges = withGauges ? index.frames[number].gauges : nil
        return PastFrame(
            last.snapshot, try gauges.flatMap { try summary($0, in: file, of: last.snapshot) },
            last.header, last.translation)
    }

    private mutating func decode(
        _ number: Int, of index: PartIndex, in file: any RecordingBytes, _ piece: Int,
        after last: Decoded?
    ) throws -> Decoded? {
        let frame = index.frames[number]
        let header =
            try last?.header ?? header(index.segments[frame.segment].header, in: file)
        guard let header else { return nil }
        guard let payload = try payload(frame.record, in: file) else { return nil }
        var translation = last?.translation ?? SnapshotTranslation(header)
        do throws(FrameError) {
            let record = try FrameRecord(decoding: payload, after: translation.wordCount)
            translation.add(record.words)
            let snapshot = try FrameCodec.decode(
                record.frame, after: last?.snapshot, header.legend)
            return Decoded(
                piece: piece, number: number, segment: frame.segment, header: header,
                snapshot: snapshot, translation: translation)
        } catch {
            note(file, frame.record, .notUnderstood(error.reason))
            return nil
        }
    }

    private mutating func header(
        _ place: Range<Int>, in file: any RecordingBytes
    ) throws -> SegmentHeader? {
        guard let payload = try payload(place, in: file) else { return nil }
        let found: SegmentHeader.Decoded
        do throws(FrameError) {
            found = try SegmentHeader.decode(payload)
        } catch {
            note(file, place, .notUnderstood(error.reason))
            return nil
        }
        switch found {
        case .otherVersion(let version): throw RecordingError.otherVersion(file.name, version)
        case .header(var header):
            if let known = kept.last?.header.legend, known == header.legend {
                // Share one table between all segments.
                header.legend = known
            } else if !header.legend.unknownNames.isEmpty {
                note(file, place, .unknownMetrics(header.legend.unknownNames))
            }
            return header
        }
    }

    private mutating func summary(
        _ place: Range<Int>, in file: any RecordingBytes, of snapshot: Snapshot
    ) throws -> GaugeSummary? {
        guard let payload = try payload(place, in: file) else { return nil }
        do throws(FrameError) {
            return try GaugeSummary(decoding: payload, for: snapshot)
        } catch {
            note(file, place, .notUnderstood(error.reason))
            return nil
        }
    }

    /// The payload of a record; nil, with a note, if it is damaged.
    private mutating func payload(
        _ record: Range<Int>, in file: any RecordingBytes
    ) throws -> [UInt8]? {
        let payload = Record.payload(of: try file.bytes(record))
        if payload == nil { note(file, record, .damaged(end: record.upperBound)) }
        return payload
    }

    private mutating func note(
        _ file: any RecordingBytes, _ place: Range<Int>, _ kind: RecordingNote.Kind
    ) {
        notes.append(RecordingNote(file: file.name, offset: place.lowerBound, kind: kind))
    }
}
