package import CgroupModel
internal import KernelIO

/// The newest snapshot of a recording that another process writes, again and again.
///
/// Each call reads only what was appended since the one before.
package struct RecordingTail: Sendable {
    private struct Decoded: Sendable {
        let header: SegmentHeader
        var translation: SnapshotTranslation
        var snapshot: Snapshot?
    }

    private let path: String
    /// The file that is read; another one begins when it is full.
    private var stamp: FileStamp?
    /// The offset of the first record that was not taken.
    private var offset = 0
    private var segment: Decoded?
    private var isRewound = false
    /// The number of cgroups that the newest snapshot leaves out, for want of room.
    package private(set) var leftOut = 0

    /// Begins with the newest snapshot of the file.
    package init(_ path: String) { self.path = path }

    /// Makes the next call return its snapshot even if it is not newer.
    package mutating func rewind() { isRewound = true }

    /// Returns the newest snapshot; nil if there is none that was not returned before.
    ///
    /// Damaged records are skipped up to the next segment. Throws the error of reading the file,
    /// and a ``RecordingError`` for another format.
    package mutating func newest() throws -> Snapshot? {
        guard let file = try RecordingFile(ifPresent: path) else { return nil }
        if !(stamp.map(file.stamp.isSameFile) ?? false) || file.byteCount < offset {
            stamp = file.stamp
            offset = try Self.lastHeader(file)
            segment = nil
        }
        var isNew = isRewound
        isRewound = false
        var scanner = RecordScanner(file, from: offset)
        while let item = try scanner.next() {
            switch item {
            case .torn: return isNew ? translated : nil
            case .damage: segment = nil
            case .record(Record.Kind.header, let payload, _): try begin(payload)
            case .record(Record.Kind.frame, let payload, _):
                leftOut = 0
                isNew = take(payload) || isNew
            case .record(Record.Kind.omissions, let payload, _):
                leftOut = (try? Omission.decode(payload))?.reduce(0) { $0 + $1.count } ?? 0
            case .record: break
            }
            offset = scanner.offset
        }
        return isNew ? translated : nil
    }

    private var translated: Snapshot? {
        segment.flatMap { segment in segment.snapshot.map(segment.translation.translate) }
    }

    /// The offset of the last header in a file; the end if there is none.
    private static func lastHeader(_ file: RecordingFile) throws -> Int {
        var scanner = RecordScanner(file, payloadPrefix: 0)
        var last = file.byteCount
        while let item = try scanner.next() {
            if case .record(Record.Kind.header, _, let offset) = item { last = offset }
        }
        return last
    }

    private mutating func begin(_ payload: [UInt8]) throws {
        segment = nil
        switch try? SegmentHeader.decode(payload) {
        case .otherVersion(let version): throw RecordingError.otherVersion(path, version)
        case .header(let header):
            segment = Decoded(header: header, translation: SnapshotTranslation(header))
        case nil: break
        }
    }

    /// Decodes the next snapshot of the segment; false, and the segment is over, if that fails.
    private mutating func take(_ payload: [UInt8]) -> Bool {
        guard var next = segment else { return false }
        do throws(FrameError) {
            let record = try FrameRecord(decoding: payload)
            next.translation.add(record.words)
            next.snapshot = try FrameCodec.decode(
                record.frame, after: next.snapshot, next.header.legend)
            segment = next
            return true
        } catch {
            segment = nil
            return false
        }
    }
}
