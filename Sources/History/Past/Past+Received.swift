package import CgroupModel

extension Past {
    /// Decodes a recording of exactly one snapshot, received from another host.
    ///
    /// Refuses anything else, and a snapshot that claims more values than a host has, because the
    /// bytes may be hostile. Throws a ``RecordingError`` or a ``FrameError``.
    package static func received(_ bytes: [UInt8], from name: String) throws -> Snapshot {
        var scanner = RecordScanner(ReceivedBytes(name: name, content: bytes))
        var header: SegmentHeader?
        var snapshot: Snapshot?
        while let item = try scanner.next() {
            guard case .record(let kind, let payload, _) = item else {
                throw RecordingError.notARecording(name)
            }
            switch kind {
            case Record.Kind.header:
                guard header == nil else { throw RecordingError.notARecording(name) }
                switch try SegmentHeader.decode(payload) {
                case .header(let found): header = found
                case .otherVersion(let version):
                    throw RecordingError.otherVersion(name, version)
                }
            case Record.Kind.frame:
                guard let header, snapshot == nil else {
                    throw RecordingError.notARecording(name)
                }
                snapshot = try received(payload, header)
            default: break
            }
        }
        guard let snapshot else {
            throw header == nil ? RecordingError.notARecording(name) : RecordingError.empty(name)
        }
        return snapshot
    }

    private static func received(
        _ payload: [UInt8], _ header: SegmentHeader
    ) throws(FrameError) -> Snapshot {
        let record = try FrameRecord(decoding: payload)
        var translation = SnapshotTranslation(header)
        translation.add(record.words)
        let snapshot = try FrameCodec.decode(
            record.frame, after: nil, header.legend, limits: .received)
        return translation.translate(snapshot)
    }
}

private struct ReceivedBytes: RecordingBytes {
    let name: String
    let content: [UInt8]

    var byteCount: Int { content.count }

    func bytes(_ range: Range<Int>) -> [UInt8] { Array(content[range]) }
}
