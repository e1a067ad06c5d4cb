package import CgroupModel
package import History

/// A stand-in until the store's reader comes.
package struct Past {
    private var cursor: RecordingCursor

    package init(_ path: String) throws {
        cursor = RecordingCursor(try RecordingFiles.open(path))
    }

    package var span: ClosedRange<UInt64> {
        let recording = cursor.recording
        return recording.wallTime(0)...recording.wallTime(recording.count - 1)
    }

    package var notes: [RecordingNote] { cursor.recording.notes + cursor.notes }

    package mutating func snapshot(at time: UInt64) throws -> Snapshot? {
        guard time >= span.lowerBound else { return nil }
        cursor.position = cursor.recording.number(at: time)
        return try cursor.next()
    }

    package mutating func step(_ count: Int) throws -> Snapshot? {
        let position = cursor.position - 1 + count
        guard (0..<cursor.recording.count).contains(position) else { return nil }
        cursor.position = position
        return try cursor.next()
    }

    package mutating func samples(
        _ range: ClosedRange<UInt64>, step: UInt64, _ body: (Snapshot) throws -> Bool
    ) throws {
        cursor.position = 0
        var due = range.lowerBound
        while let snapshot = try cursor.next() {
            guard snapshot.wallTime >= due else { continue }
            guard snapshot.wallTime <= range.upperBound else { return }
            guard try body(snapshot) else { return }
            due = snapshot.wallTime + max(step, 1)
        }
    }
}
