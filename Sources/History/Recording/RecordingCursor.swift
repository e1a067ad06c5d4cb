package import CgroupModel

/// A position in a ``Recording`` that steps from snapshot to snapshot.
package struct RecordingCursor: Sendable {
    /// A record that is intact but malformed.
    private struct Unreadable: Error {
        let number: Int
        let reason: FrameError.Reason
    }

    /// The last decoded frame, with the writer's metric indexes and word numbers.
    private struct Decoded: Sendable {
        let number: Int
        let snapshot: Snapshot
        let translation: SnapshotTranslation
    }

    /// Recording to replay.
    package let recording: Recording
    /// The number of the snapshot that ``next()`` returns.
    package var position = 0
    /// The records that could not be read so far, each once.
    package private(set) var notes: [RecordingNote] = []
    private var decoded: Decoded?

    /// Creates a cursor at the first snapshot.
    package init(_ recording: Recording) { self.recording = recording }

    /// The next snapshot as recorded, in its `normalised` form; nil at the end.
    ///
    /// A malformed snapshot is noted and skipped with all that depend on it. Throws the error of
    /// reading the bytes.
    package mutating func next() throws -> Snapshot? {
        while position < recording.count {
            do {
                let snapshot = try snapshot(position)
                position += 1
                return snapshot
            } catch let error as Unreadable {
                note(error)
                position =
                    recording.segments[recording.places[error.number].segment]
                    .numbers.upperBound
            }
        }
        return nil
    }

    private mutating func snapshot(_ number: Int) throws -> Snapshot {
        let place = recording.places[number]
        let segment = recording.segments[place.segment]
        var last = decoded.flatMap { known in
            segment.numbers.contains(known.number) && known.number <= number ? known : nil
        }
        while last?.number != number {
            let reached = try decode(
                last.map { $0.number + 1 } ?? segment.numbers.lowerBound, segment, after: last)
            last = reached
            decoded = reached
        }
        guard let last else { preconditionFailure("a segment holds its own numbers") }
        return last.translation.translate(last.snapshot)
    }

    private func decode(
        _ number: Int, _ segment: Recording.Segment, after last: Decoded?
    ) throws -> Decoded {
        let payload = try recording.parts[segment.part].bytes(recording.places[number].payload)
        var translation =
            last?.translation ?? SnapshotTranslation(segment.header)
        do throws(FrameError) {
            let record = try FrameRecord(decoding: payload)
            translation.add(record.words)
            let snapshot = try FrameCodec.decode(
                record.frame, after: last?.snapshot, segment.header.legend)
            translation.prepare(snapshot.schema)
            return Decoded(number: number, snapshot: snapshot, translation: translation)
        } catch {
            throw Unreadable(number: number, reason: error.reason)
        }
    }

    private mutating func note(_ error: Unreadable) {
        let place = recording.places[error.number]
        let segment = recording.segments[place.segment]
        let note = RecordingNote(
            file: recording.parts[segment.part].name,
            offset: place.payload.lowerBound - Record.headLength,
            kind: .notUnderstood(error.reason))
        if !notes.contains(note) { notes.append(note) }
    }
}
