internal import Glibc

/// A file of lines in a private directory that several processes append to.
///
/// Each process keeps the file open and reads only what the others have added. Complete lines never
/// change. A replacement has another inode, so a process with the old file open notices it.
package final class SharedLog: Sendable {
    private let file: OwnedDescriptor
    private let path: String
    private let name: String

    private init(_ file: consuming OwnedDescriptor, _ name: String, _ path: String) {
        self.file = file
        self.name = name
        self.path = path
    }

    /// Opens the file; nil if it is missing and `creating` is false.
    package static func open(
        _ name: String, in directory: borrowing PrivateDirectory, creating: Bool
    ) throws(PrivateFileError) -> SharedLog? {
        let flags = O_RDWR | O_APPEND | (creating ? O_CREAT : 0)
        guard let file = try directory.file(name, flags) else { return nil }
        return SharedLog(file, name, "\(directory.path)/\(name)")
    }

    /// Whether the name in the directory still refers to this file.
    package func isCurrent(in directory: borrowing PrivateDirectory) -> Bool {
        var found = stat()
        var own = stat()
        return unsafe fstatat(directory.descriptor.number, name, &found, AT_SYMLINK_NOFOLLOW) == 0
            && fstat(file.number, &own) == 0 && found.st_ino == own.st_ino
            && found.st_dev == own.st_dev
    }

    /// Takes the lock (flock(2)); throws EBUSY if it is not free in time.
    ///
    /// All threads of the process share the lock.
    package func lock(within patience: Duration) throws(PrivateFileError) {
        let isLocked = Deadline(after: patience).wait { flock(file.number, LOCK_EX | LOCK_NB) == 0 }
        guard isLocked else { throw PrivateFileError("lock", path, code: EBUSY) }
    }

    /// Releases the lock, even if a child that has not yet called exec still has the file open.
    package func unlock() { flock(file.number, LOCK_UN) }

    /// The size in bytes.
    package var size: Int {
        get throws(PrivateFileError) {
            do throws(IOError) {
                return try file.regularFileSize(path: path)
            } catch {
                throw .failed(error)
            }
        }
    }

    /// Reads from `start` to the end.
    package func bytes(from start: Int) throws(PrivateFileError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 0)
        var chunk = [UInt8](repeating: 0, count: min(max(try size - start, 512), 1 << 20))
        while true {
            let offset = start + bytes.count
            let got = unsafe chunk.withUnsafeMutableBytes { raw in
                unsafe pread(file.number, raw.baseAddress, raw.count, off_t(offset))
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw PrivateFileError("read", path, code: errno) }
            if got == 0 { return bytes }
            bytes += chunk[..<got]
        }
    }

    /// Appends bytes at the end of the file, which must be at `start`.
    ///
    /// On failure, truncates the file to `start`. A durable append returns once the bytes are on
    /// the medium (fdatasync(2)). Any other append survives the death of every process, but may be
    /// lost in a power failure.
    package func append(
        _ bytes: [UInt8], at start: Int, durably: Bool
    ) throws(PrivateFileError) {
        CrashPoint.pass()
        if CrashPoint.isNext { _ = file.writeAll(bytes[..<(bytes.count / 2)]) }
        CrashPoint.pass()
        guard file.writeAll(bytes[...]), !durably || fdatasync(file.number) == 0 else {
            let code = errno
            ftruncate(file.number, off_t(start))
            throw PrivateFileError("write", path, code: code)
        }
        CrashPoint.pass()
    }

    /// Truncates the file (ftruncate(2)).
    package func truncate(to size: Int) throws(PrivateFileError) {
        CrashPoint.pass()
        guard ftruncate(file.number, off_t(size)) == 0 else {
            throw PrivateFileError("truncate", path, code: errno)
        }
        CrashPoint.pass()
    }

    /// Renames the file, replacing any file of that name (renameat(2)).
    package func rename(
        to other: String, in directory: borrowing PrivateDirectory
    ) throws(PrivateFileError) {
        CrashPoint.pass()
        let number = directory.descriptor.number
        guard unsafe renameat(number, name, number, other) == 0 else {
            throw PrivateFileError("rename", path, code: errno)
        }
        CrashPoint.pass()
    }

    /// Removes the file (unlinkat(2)).
    package func remove(from directory: borrowing PrivateDirectory) throws(PrivateFileError) {
        CrashPoint.pass()
        guard unsafe unlinkat(directory.descriptor.number, name, 0) == 0 else {
            throw PrivateFileError("remove", path, code: errno)
        }
        CrashPoint.pass()
    }

    /// Replaces this file atomically with a new file of these bytes; returns that file, locked.
    package func replaced(
        by bytes: [UInt8], in directory: borrowing PrivateDirectory, within patience: Duration
    ) throws(PrivateFileError) -> SharedLog {
        guard let new = try Self.open("\(name).new", in: directory, creating: true) else {
            throw PrivateFileError("create", "\(path).new", code: ENOENT)
        }
        // A crash may have left an earlier `.new` file.
        try new.truncate(to: 0)
        try new.append(bytes, at: 0, durably: true)
        try new.rename(to: name, in: directory)
        guard let replaced = try Self.open(name, in: directory, creating: true) else {
            throw PrivateFileError("open", path, code: ENOENT)
        }
        try replaced.lock(within: patience)
        return replaced
    }
}
