import CgroupModel

/// Where a file of a recording ends, at which more may be appended.
///
/// Only the heads of the records are read, and the last record.
package struct RecordingEnd {
    /// The length without an incomplete last record.
    package let length: Int
    /// The times of the first and the last snapshot in microseconds since 1970; nil if there are none.
    package let times: ClosedRange<UInt64>?

    /// The offset of the last segment if it is not finished; nil otherwise.
    let openSegment: Int?

    /// Scans a file.
    ///
    /// Throws the error of reading it.
    package init(_ file: some RecordingBytes) throws {
        var scanner = RecordScanner(file, payloadPrefix: FrameRecord.timeLength)
        var last = 0..<0
        var first: UInt64?
        var latest: UInt64 = 0
        var torn: Int?
        var openSegment: Int?
        while let item = try scanner.next() {
            switch item {
            case .record(let kind, let payload, let offset):
                last = offset..<scanner.offset
                if kind == Record.Kind.header { openSegment = offset }
                if kind == Record.Kind.parity { openSegment = nil }
                guard kind == Record.Kind.frame, payload.count == FrameRecord.timeLength else {
                    continue
                }
                let time = payload[...].littleEndian
                first = first ?? time
                latest = max(latest, time)
            case .torn(let offset): torn = offset
            case .damage: break
            }
        }
        let isWhole = try last.isEmpty || Record.payload(of: file.bytes(last)) != nil
        length = isWhole ? torn ?? file.byteCount : last.lowerBound
        times = first.map { $0...max($0, latest) }
        self.openSegment = openSegment
    }
}
