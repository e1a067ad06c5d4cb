/// The parity of the records of a segment, which restores any one of them.
///
/// The frames of a segment depend on each other, so a single damaged record would cost all that
/// follow. The payload of its record is the exclusive or of the bytes of all others, each continued
/// with zeros, and of ones: the heads of an odd number of records would be a valid head.
struct SegmentParity: Sendable {
    private(set) var bytes: [UInt8] = []

    /// Adds a record.
    mutating func add(_ record: [UInt8]) {
        if record.count > bytes.count {
            bytes += [UInt8](repeating: 0xff, count: record.count - bytes.count)
        }
        for place in record.indices { bytes[place] ^= record[place] }
    }

    /// Restores the record at a damaged place of a segment that begins at `start`.
    ///
    /// Returns nil if something else is damaged too, or if the segment has no parity: it is not
    /// finished. Throws the error of reading the bytes.
    static func restore(
        _ damaged: Range<Int>, from start: Int, in file: any RecordingBytes
    ) throws -> [UInt8]? {
        var sum = SegmentParity()
        var offset = start
        while offset < file.byteCount {
            if offset == damaged.lowerBound {
                offset = damaged.upperBound
                continue
            }
            let payload = offset + Record.headLength
            guard payload <= file.byteCount,
                let head = Record.head(try file.bytes(offset..<payload)[...]),
                head.length <= file.byteCount - payload
            else { return nil }
            let record = try file.bytes(offset..<payload + head.length)
            guard let content = Record.payload(of: record) else { return nil }
            switch head.kind {
            case Record.Kind.parity:
                sum.add(content)
                let restored = Array(sum.bytes.prefix(damaged.count))
                return Record.payload(of: restored) != nil ? restored : nil
            case Record.Kind.header where offset != start: return nil
            default: sum.add(record)
            }
            offset = payload + head.length
        }
        return nil
    }
}
