internal import CLinux
internal import Glibc

/// An append-only file of records, locked against other processes while it is open.
package struct LogFile: ~Copyable, Sendable {
    private let file: OwnedDescriptor
    private let path: String

    /// Opens the file, creating it if it is missing, and takes its lock (flock(2)).
    ///
    /// Throws EBUSY if the lock is not free within `patience`; nil waits without a limit.
    package init(_ path: String, patience: Duration? = nil) throws(IOError) {
        while true {
            let opened = try Self.locked(path, patience)
            // The previous holder of the lock may have replaced the file.
            guard Self.inode(path) == opened.inode else { continue }
            file = opened
            self.path = path
            return
        }
    }

    private static func locked(
        _ path: String, _ patience: Duration?
    ) throws(IOError) -> OwnedDescriptor {
        let opened = try OwnFile.open(path, O_RDWR | O_APPEND, mode: 0o600)
        let number = opened.number
        if let patience {
            let isLocked = Deadline(after: patience).wait { flock(number, LOCK_EX | LOCK_NB) == 0 }
            guard isLocked else { throw IOError("lock", path, code: EBUSY) }
            return opened
        }
        while flock(number, LOCK_EX) != 0 {
            guard errno == EINTR else { throw IOError("lock", path, code: errno) }
        }
        return opened
    }

    private static func inode(_ path: String) -> UInt64? {
        var found = stat()
        return unsafe stat(path, &found) == 0 ? UInt64(found.st_ino) : nil
    }

    /// The size in bytes (fstat(2)).
    package var size: Int {
        get throws(IOError) {
            var found = stat()
            guard unsafe fstat(file.number, &found) == 0 else {
                throw IOError("examine", path, code: errno)
            }
            return Int(found.st_size)
        }
    }

    /// Reads the whole file.
    package func contents() throws(IOError) -> [UInt8] {
        var buffer = ReadBuffer(capacity: 4096)
        let code = buffer.fillToEnd(from: file.number)
        guard code == 0 else { throw IOError("read", path, code: code) }
        return buffer.array
    }

    /// Appends bytes and waits until they are on the medium (write(2), fdatasync(2)).
    ///
    /// On failure, truncates the file to its previous size.
    package func append(_ bytes: [UInt8]) throws(IOError) {
        CrashPoint.pass()
        let start = lseek(file.number, 0, SEEK_END)
        if CrashPoint.isNext { _ = file.writeAll(bytes[..<(bytes.count / 2)]) }
        CrashPoint.pass()
        guard file.writeAll(bytes[...]), fdatasync(file.number) == 0 else {
            let code = errno
            ftruncate(file.number, start)
            throw IOError("write", path, code: code)
        }
        CrashPoint.pass()
    }

    /// Truncates the file (ftruncate(2)) and waits until that is on the medium (fdatasync(2)).
    package func truncate(to size: Int) throws(IOError) {
        CrashPoint.pass()
        guard ftruncate(file.number, off_t(size)) == 0, fdatasync(file.number) == 0 else {
            throw IOError("truncate", path, code: errno)
        }
        CrashPoint.pass()
    }

    /// Whether the file exists (access(2), F_OK).
    package static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    /// Renames a file, replacing any file of that name (rename(2)).
    package static func rename(_ path: String, to other: String) throws(IOError) {
        CrashPoint.pass()
        guard unsafe Glibc.rename(path, other) == 0 else {
            throw IOError("rename", path, code: errno)
        }
        CrashPoint.pass()
    }
}
