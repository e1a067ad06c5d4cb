import CgroupModel

/// A record of a recording or a journal of events: a fixed-size header, then the payload.
///
///     "cgwR"  kind  length (LE32)  CRC of the payload (LE32)  CRC of the header so far (LE32)
///
/// The header has its own checksum, so that a damaged payload does not affect other records.
package enum Record {
    static let magic = Array("cgwR".utf8)
    static let headLength = 17

    /// The kinds of records.
    package enum Kind {
        /// The first record of a segment: a ``SegmentHeader``.
        static let header: UInt8 = 1
        /// A snapshot: its time, new words, and the frame.
        static let frame: UInt8 = 2
        /// An event, which depends on no other record.
        package static let event: UInt8 = 3
        /// The maxima and means of the samples that the snapshot before it represents.
        static let gauges: UInt8 = 4
        /// The first record of a part that begins after the clock was set back.
        static let setBack: UInt8 = 5
        /// The cgroups that the snapshot before it leaves out; see ``Omission``.
        static let omissions: UInt8 = 6
        /// The last record of a segment; see ``SegmentParity``.
        static let parity: UInt8 = 7
    }

    struct Head {
        var kind: UInt8
        var length: Int
        var checksum: UInt32
    }

    /// Encodes a record of a ``Kind``.
    package static func encode(_ kind: UInt8, _ payload: [UInt8]) -> [UInt8] {
        var bytes = magic + [kind]
        bytes.append(littleEndian: UInt32(payload.count))
        bytes.append(littleEndian: Checksum.crc32(payload))
        bytes.append(littleEndian: Checksum.crc32(bytes))
        return bytes + payload
    }

    /// The payload of a whole record; nil if it is damaged.
    static func payload(of bytes: [UInt8]) -> [UInt8]? {
        guard let head = head(bytes[...]), bytes.count == headLength + head.length else {
            return nil
        }
        let payload = Array(bytes[headLength...])
        return Checksum.crc32(payload) == head.checksum ? payload : nil
    }

    /// Reads the intact record at an offset; nil if there is none that ends by `end`.
    static func read(
        at offset: Int, in file: any RecordingBytes, upTo end: Int
    ) throws -> (kind: UInt8, bytes: [UInt8])? {
        let start = offset + headLength
        guard start <= end, let head = Record.head(try file.bytes(offset..<start)[...]),
            head.length <= end - start
        else { return nil }
        let bytes = try file.bytes(offset..<start + head.length)
        guard payload(of: bytes) != nil else { return nil }
        return (kind: head.kind, bytes: bytes)
    }

    /// The checksum of a record's header, which tells it from others; nil if it is damaged.
    static func identity(of bytes: [UInt8]) -> UInt32? {
        guard head(bytes[...]) != nil else { return nil }
        return UInt32(bytes[headLength - 4..<headLength].littleEndian)
    }

    /// Decodes the header at the start of some bytes; nil if there is none.
    static func head(_ bytes: ArraySlice<UInt8>) -> Head? {
        let bytes = bytes.prefix(headLength)
        guard bytes.count == headLength, bytes.starts(with: magic),
            bytes.suffix(4).littleEndian == UInt64(Checksum.crc32(bytes.dropLast(4)))
        else { return nil }
        return Head(
            kind: bytes[bytes.startIndex + 4],
            length: Int(bytes.dropFirst(5).prefix(4).littleEndian),
            checksum: UInt32(bytes.dropFirst(9).prefix(4).littleEndian))
    }
}

extension [UInt8] {
    mutating func append(littleEndian number: some FixedWidthInteger) {
        for byte in 0..<number.bitWidth / 8 {
            append(UInt8(truncatingIfNeeded: number >> (byte * 8)))
        }
    }
}

extension ArraySlice<UInt8> {
    /// The bytes, at most eight, as a little-endian number.
    var littleEndian: UInt64 { reversed().reduce(0) { $0 << 8 | UInt64($1) } }
}
