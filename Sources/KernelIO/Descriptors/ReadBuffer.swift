internal import Glibc

/// A reusable buffer for file contents, so that reading does not allocate.
///
/// Kernel files report a size of 0, so the buffer grows while it is too small: up to 1 MiB in
/// ``fill(from:)``, up to 16 MiB in ``fillToEnd(from:most:)``.
package struct ReadBuffer: ~Copyable {
    private var storage: [UInt8]
    /// The number of bytes from the last read.
    package private(set) var count = 0

    /// The largest file that ``fill(from:)`` reads, in bytes.
    package static let limit = 1 << 20

    /// Creates a buffer; the default capacity suits most interface files.
    package init(capacity: Int = 16384) { storage = [UInt8](repeating: 0, count: capacity) }

    /// The bytes from the last read.
    package var bytes: Span<UInt8> {
        @_lifetime(borrow self) get { storage.span.extracting(0..<count) }
    }

    /// A copy of the bytes from the last read.
    package var array: [UInt8] { Array(storage[..<count]) }

    /// Reads a single-record file from its start with pread(2); returns 0 or the errno.
    ///
    /// The kernel renders the whole file at offset 0, whatever its length.
    package mutating func fill(from descriptor: Int32) -> Int32 {
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

    /// Reads a file to its end, even if the kernel returns it in pieces; returns 0 or the errno.
    ///
    /// `cgroup.procs` returns at most 4096 bytes per read. Reading stops after `most` + 1 bytes, so
    /// that the caller can detect a larger file.
    package mutating func fillToEnd(
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

    /// Reads a whole file by its path.
    package static func contents(
        of path: [UInt8], under base: Int32? = nil
    ) throws(IOError) -> [UInt8] {
        let file = try OwnedDescriptor.file(path, under: base)
        var buffer = ReadBuffer(capacity: 4096)
        let code = buffer.fillToEnd(from: file.number)
        guard code == 0 else { throw IOError("read", path.pathText, code: code) }
        return buffer.array
    }

    /// Reads the target of a symbolic link (readlinkat(2)).
    package static func link(
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
