internal import Glibc

/// A regular file opened for reading.
///
/// Other file types are refused before they are opened, so opening never blocks.
package struct RegularFile: ~Copyable, Sendable {
    /// The path it was opened at.
    package let path: String
    /// The size in bytes when it was opened.
    package let size: Int
    /// The fingerprint of its content when it was opened.
    package let stamp: FileStamp
    private let descriptor: OwnedDescriptor

    /// The size in bytes now (fstat(2)); the one when it was opened if that fails.
    package var currentSize: Int { (try? descriptor.regularFileSize(path: path)) ?? size }

    /// Opens the file at a path.
    package init(_ path: String, links: LinkRule = .any) throws(FileRefusal) {
        let found = try FoundFile(path, links: links)
        try found.requireRegular()
        self = try RegularFile(found)
    }

    init(_ found: borrowing FoundFile) throws(FileRefusal) {
        path = found.path
        size = Int(found.status.st_size)
        stamp = FileStamp(found.status)
        descriptor = try found.opened()
    }

    /// Reads the whole file; throws if it was larger than `most` bytes when opened, or has since
    /// become larger.
    package func contents(most: Int) throws(FileRefusal) -> [UInt8] {
        guard size <= most else {
            throw FileRefusal(path, "is larger than \(most) bytes (\(size)); split it")
        }
        var buffer = ReadBuffer(capacity: min(size, most) + 1)
        let code = buffer.fillToEnd(from: descriptor.number, most: most)
        guard code == 0 else {
            throw FileRefusal(path, cannotBe: "read", "read", code: code)
        }
        guard buffer.count <= most else {
            throw FileRefusal(path, "is larger than \(most) bytes; split it")
        }
        return buffer.array
    }

    /// Reads the whole file as it is now.
    package func allNow() throws(IOError) -> [UInt8] {
        var buffer = ReadBuffer(capacity: 4096)
        let code = buffer.fillToEnd(from: descriptor.number)
        guard code == 0 else { throw IOError("read", path, code: code) }
        return buffer.array
    }

    /// Reads exactly `range` (pread(2)); throws EIO if the file is shorter.
    package func bytes(_ range: Range<Int>) throws(IOError) -> [UInt8] {
        try descriptor.bytes(range, path: path)
    }
}
