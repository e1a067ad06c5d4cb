import CgroupModel

/// The bytes of a recording, such as a file.
package protocol RecordingBytes: Sendable {
    /// The name in messages: that of the file.
    var name: String { get }
    /// The size in bytes.
    var byteCount: Int { get }
    /// The size in bytes now: a writer may have appended more.
    var currentByteCount: Int { get }
    /// The file beside it with the parity of its unfinished segment; nil if there is none.
    var sidecar: (any RecordingBytes)? { get }
    /// Reads a range, which lies within ``currentByteCount``.
    func bytes(_ range: Range<Int>) throws -> [UInt8]
}

extension RecordingBytes {
    /// The same as ``byteCount``: nothing is appended.
    package var currentByteCount: Int { byteCount }
    /// Nil: there is no file beside it.
    package var sidecar: (any RecordingBytes)? { nil }
}

/// Scans the records of a file, skipping damage.
package struct RecordScanner {
    /// A part of the file.
    package enum Item {
        /// An intact record.
        ///
        /// With a prefix, `payload` is only that many bytes, and its checksum is not verified.
        case record(kind: UInt8, payload: [UInt8], offset: Int)
        /// Bytes that are not an intact record.
        case damage(Range<Int>)
        /// An incomplete record at the end: the writer died, or is still writing.
        case torn(offset: Int)
    }

    private static let chunk = 1 << 16
    private let source: any RecordingBytes
    private let end: Int
    /// The number of bytes of each payload to read; nil for all of them, with their checksum.
    private let prefix: Int?
    /// The offset of the next item.
    private(set) var offset = 0

    /// Begins at the first byte.
    package init(_ source: any RecordingBytes) { self.init(source, payloadPrefix: nil) }

    /// Begins at an offset, where a record begins.
    init(_ source: any RecordingBytes, from offset: Int) {
        self.init(source, payloadPrefix: nil)
        self.offset = offset
    }

    /// Begins at the first byte; with a prefix, payloads are not checked.
    init(_ source: any RecordingBytes, payloadPrefix: Int?) {
        self.source = source
        end = source.byteCount
        prefix = payloadPrefix
    }

    /// The next item; nil at the end.
    ///
    /// Throws the error of reading the bytes.
    package mutating func next() throws -> Item? {
        guard offset < end else { return nil }
        let start = offset
        let bytes = try source.bytes(
            start..<min(start + Record.headLength + (prefix ?? 0), end))
        guard let head = Record.head(bytes[...]) else {
            guard let found = try nextHead(after: start) else {
                offset = end
                let isTorn = try isTorn(from: start, Array(bytes.prefix(Record.headLength)))
                return isTorn ? .torn(offset: start) : .damage(start..<end)
            }
            offset = found
            return .damage(start..<found)
        }
        let payload = start + Record.headLength
        guard head.length <= end - payload else {
            offset = end
            return .torn(offset: start)
        }
        offset = payload + head.length
        if prefix != nil {
            let known = bytes.dropFirst(Record.headLength).prefix(head.length)
            return .record(kind: head.kind, payload: Array(known), offset: start)
        }
        let content = try source.bytes(payload..<offset)
        guard Checksum.crc32(content) == head.checksum else { return .damage(start..<offset) }
        return .record(kind: head.kind, payload: content, offset: start)
    }

    /// The offset of the next intact header; nil if there is none.
    private func nextHead(after start: Int) throws -> Int? {
        var place = start + 1
        while place + Record.headLength <= end {
            let bytes = try source.bytes(place..<min(place + Self.chunk, end))
            for index in 0...(bytes.count - Record.headLength)
            where bytes[index] == Record.magic[0] {
                if Record.head(bytes[index...]) != nil { return place + index }
            }
            place += bytes.count - Record.headLength + 1
        }
        return nil
    }

    /// Whether the last bytes are an incomplete header, or zeros as after a power loss.
    private func isTorn(from start: Int, _ bytes: [UInt8]) throws -> Bool {
        if bytes.count < Record.headLength, zip(bytes, Record.magic).allSatisfy({ $0 == $1 }) {
            return true
        }
        var place = start
        while place < end {
            let next = min(place + Self.chunk, end)
            guard try source.bytes(place..<next).allSatisfy({ $0 == 0 }) else { return false }
            place = next
        }
        return true
    }
}
