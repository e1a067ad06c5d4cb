/// The parity of the records of a segment, which restores any one of them.
///
/// The frames of a segment depend on each other, so a single damaged record would cost all that
/// follow. The payload of its record is the exclusive or of the bytes of all others, each continued
/// with zeros, and of ones: the heads of an odd number of records would be a valid head.
///
/// A finished segment ends with this record. Until then it is kept as an ``OpenParity``.
struct SegmentParity: Sendable {
    private(set) var bytes: [UInt8]

    /// Continues a parity; begins one without bytes.
    init(_ bytes: [UInt8] = []) { self.bytes = bytes }

    /// Adds a record.
    mutating func add(_ record: [UInt8]) {
        if record.count > bytes.count {
            bytes += [UInt8](repeating: 0xff, count: record.count - bytes.count)
        }
        for place in record.indices { bytes[place] ^= record[place] }
    }

    /// Restores the record at a damaged place of a segment that begins at `start`.
    ///
    /// Returns nil if something else is damaged too, or if the parity is missing. Throws the error
    /// of reading the bytes.
    static func restore(
        _ damaged: Range<Int>, from start: Int, in file: any RecordingBytes
    ) throws -> [UInt8]? {
        let open = OpenParity.slots(of: file, from: start)
        // The segment may have grown since the file was opened.
        let end = file.currentByteCount
        var sum = SegmentParity()
        var offset = start
        while true {
            if offset >= damaged.upperBound {
                for slot in open where slot.end == offset {
                    if let record = sum.missing(damaged.count, slot.parity.bytes) { return record }
                }
            }
            guard offset < end else { return nil }
            if offset == damaged.lowerBound {
                offset = damaged.upperBound
                continue
            }
            guard let (kind, record) = try Record.read(at: offset, in: file, upTo: end) else {
                return nil
            }
            switch kind {
            case Record.Kind.parity:
                return sum.missing(damaged.count, Array(record[Record.headLength...]))
            case Record.Kind.header where offset != start: return nil
            default: sum.add(record)
            }
            offset += record.count
        }
    }

    /// The record that is missing in this parity of all others; nil if the result is damaged.
    private func missing(_ length: Int, _ parity: [UInt8]) -> [UInt8]? {
        var sum = self
        sum.add(parity)
        let record = Array(sum.bytes.prefix(length))
        return Record.payload(of: record) != nil ? record : nil
    }
}
