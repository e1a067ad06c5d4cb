import CgroupModel

/// The parity of the unfinished segment at the end of a file, in a slot of the file beside it.
///
///     "cgwP"  start of the segment (LE64)  identity of its header (LE32)  its end so far (LE64)
///     length of the parity (LE32)  its CRC (LE32)  CRC of the fields so far (LE32)  parity
///
/// The two slots are written in turn, so that one is whole while the other is written. The first is
/// at offset 0 and the second at a power of two, which grows with the parity. A slot with another
/// start or identity belongs to another segment.
struct OpenParity: Sendable {
    /// The least room of a slot, which is the first place of the second one.
    static let leastRoom = 4096
    private static let magic = Array("cgwP".utf8)
    private static let headLength = 36
    /// Limits what a hostile size can claim.
    private static let farthest = 1 << 40

    /// The offset of the segment in the recording.
    let start: Int
    /// The ``Record/identity(of:)`` of its header.
    let identity: UInt32
    /// The offset after the last record that the parity covers.
    let end: Int
    /// The parity of the records between them.
    let parity: SegmentParity

    /// Replaces the content of a buffer with the slot of a segment that ends at `end`.
    static func encode(
        _ segment: SegmentEncoder.OpenSegment, end: Int, to buffer: inout [UInt8]
    ) {
        let parity = segment.parity.bytes
        buffer.removeAll(keepingCapacity: true)
        buffer += magic
        buffer.append(littleEndian: UInt64(end - segment.byteCount))
        buffer.append(littleEndian: segment.identity)
        buffer.append(littleEndian: UInt64(end))
        buffer.append(littleEndian: UInt32(parity.count))
        buffer.append(littleEndian: Checksum.crc32(parity))
        buffer.append(littleEndian: Checksum.crc32(buffer))
        buffer += parity
    }

    /// The intact slots of a segment that begins at `start`.
    ///
    /// If its header is damaged, they are told only by the start: the checksums of a restored
    /// record prevent a wrong one.
    static func slots(of file: any RecordingBytes, from start: Int) -> [OpenParity] {
        let most = file.currentByteCount
        guard start + Record.headLength <= most, let sidecar = file.sidecar,
            let header = try? file.bytes(start..<start + Record.headLength)
        else { return [] }
        let identity = Record.identity(of: header)
        var found: [OpenParity] = []
        var offset = 0
        while offset < min(sidecar.byteCount, farthest) {
            if let slot = OpenParity(sidecar, at: offset, most: most), slot.start == start,
                identity == nil || identity == slot.identity
            {
                found.append(slot)
            }
            offset = max(offset * 2, leastRoom)
        }
        return found
    }

    /// Decodes a slot with a parity of at most so many bytes; nil if it is damaged.
    private init?(_ sidecar: any RecordingBytes, at offset: Int, most: Int) {
        let content = offset + Self.headLength
        guard content <= sidecar.byteCount, let head = try? sidecar.bytes(offset..<content),
            head.starts(with: Self.magic),
            head.suffix(4).littleEndian == UInt64(Checksum.crc32(head.dropLast(4))),
            let start = Int(exactly: head[4..<12].littleEndian),
            let end = Int(exactly: head[16..<24].littleEndian)
        else { return nil }
        let length = Int(head[24..<28].littleEndian)
        guard length <= min(most, sidecar.byteCount - content),
            let bytes = try? sidecar.bytes(content..<content + length),
            head[28..<32].littleEndian == UInt64(Checksum.crc32(bytes))
        else { return nil }
        self.start = start
        identity = UInt32(head[12..<16].littleEndian)
        self.end = end
        parity = SegmentParity(bytes)
    }

    /// The parity record that finishes the segment at the end of a file; nil if it is not known.
    ///
    /// The writer may have died before it wrote the slot for the last records.
    static func closing(_ file: any RecordingBytes, from start: Int) -> [UInt8]? {
        let known = slots(of: file, from: start).filter { $0.end <= file.byteCount }
        guard let newest = known.max(by: { $0.end < $1.end }) else { return nil }
        var parity = newest.parity
        var offset = newest.end
        while offset < file.byteCount {
            guard
                let (kind, record) = try? Record.read(at: offset, in: file, upTo: file.byteCount),
                kind != Record.Kind.header
            else { return nil }
            parity.add(record)
            offset += record.count
        }
        return Record.encode(Record.Kind.parity, parity.bytes)
    }
}
