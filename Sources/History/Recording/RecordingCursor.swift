public import CgroupModel

/// A place in a ``Recording``, to go from snapshot to snapshot.
public struct RecordingCursor: Sendable {
    /// A record that is whole but cannot be understood.
    private struct Unreadable: Error {
        let number: Int
        let reason: FrameError.Reason
    }

    /// The frame that was decoded last, in the terms of its writer.
    private struct Decoded: Sendable {
        let number: Int
        let snapshot: Snapshot
        let translation: SnapshotTranslation
    }

    /// What the cursor goes over.
    public let recording: Recording
    /// The number of the snapshot that ``next()`` gives.
    public var position = 0
    /// What could not be read on the way so far, each record once.
    public private(set) var notes: [RecordingNote] = []
    private var decoded: Decoded?

    /// Stands before the first snapshot.
    public init(_ recording: Recording) { self.recording = recording }

    /// The next snapshot, exactly as it was recorded, in its `normalised` form; nil at the end.
    ///
    /// One that cannot be understood is passed over with those that lean on it, and noted. Throws
    /// what reading the bytes throws.
    public mutating func next() throws -> Snapshot? {
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
            let record = try FrameRecord(decoding: payload, after: translation.wordCount)
            translation.add(record.words)
            let snapshot = try FrameCodec.decode(
                record.frame, after: last?.snapshot, segment.header.legend)
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
