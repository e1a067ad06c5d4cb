internal import CgroupModel
internal import CLinux
internal import Glibc

/// An open file that is closed when this value goes away.
package struct OwnedDescriptor: ~Copyable, Sendable {
    /// The descriptor number, valid while this value lives.
    package let number: Int32

    /// Takes ownership of an open descriptor.
    package init(adopting number: Int32) { self.number = number }

    deinit { close(number) }

    /// Opens a directory, relative to `base` unless absolute (open(2), O_DIRECTORY).
    package static func directory(
        _ path: [UInt8], under base: Int32? = nil
    ) throws(IOError) -> OwnedDescriptor {
        let number = unsafe path.withCPath { unsafe cgw_open_directory(base ?? AT_FDCWD, $0) }
        guard number >= 0 else { throw IOError("open", path.pathText, code: errno) }
        return OwnedDescriptor(adopting: number)
    }

    /// Opens a directory below another one without crossing a mount point (EXDEV).
    package static func directory(
        _ path: [UInt8], within base: Int32
    ) throws(IOError) -> OwnedDescriptor {
        let number = unsafe path.withCPath { unsafe cgw_open_within(base, $0) }
        guard number >= 0 else { throw IOError("open", path.pathText, code: errno) }
        return OwnedDescriptor(adopting: number)
    }

    /// Opens a file for reading, relative to `base` unless absolute (open(2), O_RDONLY).
    package static func file(
        _ path: [UInt8], under base: Int32? = nil
    ) throws(IOError) -> OwnedDescriptor {
        let number = unsafe path.withCPath { unsafe cgw_open_file(base ?? AT_FDCWD, $0) }
        guard number >= 0 else { throw IOError("open", path.pathText, code: errno) }
        return OwnedDescriptor(adopting: number)
    }

    /// The inode of the open file (fstat(2)), 0 on failure.
    package var inode: UInt64 { cgw_inode(number) }
}

extension [UInt8] {
    /// Runs `body` with the bytes as a C string.
    func withCPath<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
        var terminated = self
        terminated.append(0)
        return unsafe terminated.withUnsafeBytes { raw in
            guard let base = raw.baseAddress else { preconditionFailure("never empty") }
            return unsafe body(base.assumingMemoryBound(to: CChar.self))
        }
    }

    /// The path bytes as printable text.
    package var pathText: String { CgroupPath.text(self[...]) }
}
