internal import Glibc

/// A regular file, open for reading; nothing else is ever opened, and opening it never waits.
public struct RegularFile: ~Copyable, Sendable {
    /// Where it was found.
    public let path: String
    /// How many bytes it had when it was opened.
    public let size: Int
    /// What tells its content from another one.
    public let stamp: FileStamp
    private let descriptor: OwnedDescriptor

    /// Opens the file of a path.
    public init(_ path: String, links: LinkRule = .any) throws(FileRefusal) {
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

    /// All of it; one that is larger than `most` bytes, or grows beyond that meanwhile, is refused.
    public func contents(most: Int) throws(FileRefusal) -> [UInt8] {
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

    /// All that it has now.
    public func allNow() throws(IOError) -> [UInt8] {
        var buffer = ReadBuffer(capacity: 4096)
        let code = buffer.fillToEnd(from: descriptor.number)
        guard code == 0 else { throw IOError("read", path, code: code) }
        return buffer.array
    }

    /// Exactly `range` of it (pread(2)); an error if it ends before.
    public func bytes(_ range: Range<Int>) throws(IOError) -> [UInt8] {
        try descriptor.bytes(range, path: path)
    }
}
