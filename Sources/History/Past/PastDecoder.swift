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
        let selection: ColumnSelection?
    }

    /// The segment of a file that records belong to.
    private struct Place {
        let file: any RecordingBytes
        let index: PartIndex
        let segment: Int
    }

    private struct SegmentKey: Sendable, Hashable {
        let piece: Int
        let segment: Int
    }

    /// Stepping back decodes all snapshots from the keyframe on, so the last few are kept.
    private static let keptCount = 8

    private var kept: [Decoded] = []
    /// The metrics to decode; nil for all.
    private var wanted: Set<MetricID>?
    private var knownLegend: SegmentHeader.KnownLegend?
    /// The first unreadable snapshot of each damaged segment that was met.
    private var broken: [SegmentKey: Int] = [:]
    private var notes: [RecordingNote] = []

    /// Returns the problems found since the last call.
    mutating func takeNotes() -> [RecordingNote] {
        defer { notes = [] }
        return notes
    }

    /// Limits the metrics that are decoded from now on; nil for no limit.
    mutating func select(_ metrics: Set<MetricID>?) {
        guard metrics != wanted else { return }
        wanted = metrics
        kept = []
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
        let place = Place(file: file, index: index, segment: segment)
        return PastFrame(
            last.snapshot, try gauges.flatMap { try summary($0, in: place, of: last.snapshot) },
            try index.frames[number].omissions.map { try omissions($0, in: place) } ?? [],
            last.header, last.translation)
    }

    private mutating func decode(
        _ number: Int, of index: PartIndex, in file: any RecordingBytes, _ piece: Int,
        after last: Decoded?
    ) throws -> Decoded? {
        let frame = index.frames[number]
        let place = Place(file: file, index: index, segment: frame.segment)
        let header =
            try last?.header ?? header(index.segments[frame.segment].header, in: place)
        guard let header else { return nil }
        guard let payload = try payload(frame.record, in: place) else { return nil }
        var translation = last?.translation ?? SnapshotTranslation(header)
        do throws(FrameError) {
            let record = try FrameRecord(decoding: payload)
            translation.add(record.words)
            var selection = last?.selection ?? wanted.map { ColumnSelection($0, header.legend) }
            let snapshot = try FrameCodec.decode(
                record.frame, after: last?.snapshot, header.legend, &selection)
            translation.prepare(snapshot.schema)
            return Decoded(
                piece: piece, number: number, segment: frame.segment, header: header,
                snapshot: snapshot, translation: translation, selection: selection)
        } catch {
            note(file, frame.record, .notUnderstood(error.reason))
            return nil
        }
    }

    private mutating func header(
        _ record: Range<Int>, in place: Place
    ) throws -> SegmentHeader? {
        guard let payload = try payload(record, in: place) else { return nil }
        let found: SegmentHeader.Decoded
        do throws(FrameError) {
            found = try SegmentHeader.decode(payload, &knownLegend)
        } catch {
            note(place.file, record, .notUnderstood(error.reason))
            return nil
        }
        switch found {
        case .otherVersion(let version):
            throw RecordingError.otherVersion(place.file.name, version)
        case .header(var header):
            if let known = kept.last?.header.legend, known == header.legend {
                // Share one table between all segments.
                header.legend = known
            } else if !header.legend.unknownNames.isEmpty {
                note(place.file, record, .unknownMetrics(header.legend.unknownNames))
            }
            return header
        }
    }

    private mutating func summary(
        _ record: Range<Int>, in place: Place, of snapshot: Snapshot
    ) throws -> GaugeSummary? {
        guard let payload = try payload(record, in: place) else { return nil }
        do throws(FrameError) {
            return try GaugeSummary(decoding: payload, for: snapshot)
        } catch {
            note(place.file, record, .notUnderstood(error.reason))
            return nil
        }
    }

    private mutating func omissions(
        _ record: Range<Int>, in place: Place
    ) throws -> [Omission] {
        guard let payload = try payload(record, in: place) else { return [] }
        do throws(FrameError) {
            return try Omission.decode(payload)
        } catch {
            note(place.file, record, .notUnderstood(error.reason))
            return []
        }
    }

    /// The payload of a record, restored if it is damaged; nil, with a note, if it cannot be.
    private mutating func payload(_ record: Range<Int>, in place: Place) throws -> [UInt8]? {
        let bytes = try place.index.bytes(record, in: place.file)
        if let payload = Record.payload(of: bytes) { return payload }
        let start = place.index.segments[place.segment].header.lowerBound
        let restored = try SegmentParity.restore(record, from: start, in: place.file)
        let kind = restored == nil ? RecordingNote.Kind.damaged : RecordingNote.Kind.restored
        note(place.file, record, kind(record.upperBound))
        return restored.flatMap { Record.payload(of: $0) }
    }

    private mutating func note(
        _ file: any RecordingBytes, _ place: Range<Int>, _ kind: RecordingNote.Kind
    ) {
        notes.append(RecordingNote(file: file.name, offset: place.lowerBound, kind: kind))
    }
}
