internal import Glibc

/// One buffer that every file is read into, so that reading allocates nothing.
///
/// Kernel files report a size of 0, so the buffer grows when it was too small, up to 1 MiB.
public struct ReadBuffer: ~Copyable {
    private var storage: [UInt8]
    /// How many bytes the last reading brought.
    public private(set) var count = 0

    /// The largest file that is read.
    public static let limit = 1 << 20

    /// Starts with room for most files.
    public init(capacity: Int = 16384) { storage = [UInt8](repeating: 0, count: capacity) }

    /// What was read last.
    public var bytes: Span<UInt8> {
        @_lifetime(borrow self) get { storage.span.extracting(0..<count) }
    }

    /// What was read last, copied.
    public var array: [UInt8] { Array(storage[..<count]) }

    /// Reads a single-record file from its start with pread(2); returns 0 or the errno.
    ///
    /// The kernel renders such a file whole at offset 0 however long it is.
    public mutating func fill(from descriptor: Int32) -> Int32 {
        while true {
            let size = storage.count
            let got = unsafe storage.withUnsafeMutableBytes { raw in
                unsafe pread(descriptor, raw.baseAddress, size, 0)
            }
            if got < 0 {
                if errno == EINTR { continue }
                count = 0
                return errno
            }
            count = got
            if got < size { return 0 }
            guard size < Self.limit else { return EFBIG }
            storage = [UInt8](repeating: 0, count: min(size * 4, Self.limit))
        }
    }

    /// Reads a file that comes in pieces (`cgroup.procs`: 4096 bytes at most a read) to its end;
    /// returns 0 or the errno.
    ///
    /// Of more than `most` bytes it reads one too many.
    public mutating func fillToEnd(
        from descriptor: Int32, most: Int = ReadBuffer.limit * 16
    ) -> Int32 {
        count = 0
        while count <= most {
            if count == storage.count {
                guard count < Self.limit * 16 else { return EFBIG }
                storage.append(contentsOf: [UInt8](repeating: 0, count: storage.count))
            }
            let offset = count
            let got = unsafe storage.withUnsafeMutableBytes { raw in
                unsafe pread(
                    descriptor, raw.baseAddress?.advanced(by: offset),
                    min(raw.count - offset, most + 1 - offset), off_t(offset))
            }
            if got < 0 {
                if errno == EINTR { continue }
                count = 0
                return errno
            }
            if got == 0 { return 0 }
            count += got
        }
        return 0
    }

    /// Opens, reads to the end and closes a file; returns its bytes.
    public static func contents(
        of path: [UInt8], under base: Int32? = nil
    ) throws(IOError) -> [UInt8] {
        let file = try OwnedDescriptor.file(path, under: base)
        var buffer = ReadBuffer(capacity: 4096)
        let code = buffer.fillToEnd(from: file.number)
        guard code == 0 else { throw IOError("read", path.pathText, code: code) }
        return buffer.array
    }

    /// The target of a symbolic link (readlinkat(2)).
    public static func link(
        _ path: [UInt8], under base: Int32? = nil
    ) throws(IOError) -> [UInt8] {
        var target = [UInt8](repeating: 0, count: 4096)
        let got = unsafe path.withCPath { name in
            unsafe target.withUnsafeMutableBytes { raw in
                guard let room = raw.baseAddress else { return -1 }
                return unsafe readlinkat(
                    base ?? AT_FDCWD, name, room.assumingMemoryBound(to: CChar.self), raw.count)
            }
        }
        guard got >= 0 else { throw IOError("read", path.pathText, code: errno) }
        return Array(target[..<got])
    }
}
