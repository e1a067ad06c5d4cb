internal import CLinux
internal import Glibc

/// A regular file that only this process appends to while it is open.
///
/// Appended bytes survive the death of the process at once, and a power loss after ``sync()``.
package struct AppendedFile: ~Copyable, Sendable {
    /// The path the file was opened at.
    package let path: String
    /// The size in bytes.
    package private(set) var size: Int
    private let file: OwnedDescriptor

    /// Users other than the owner who may read a file.
    package struct Readers: Sendable {
        /// The group; nil for the file's own.
        package var group: UInt32?

        /// Creates readers of a group.
        package init(group: UInt32?) { self.group = group }
    }

    /// Opens the file, creating it if it is missing, and takes its lock (flock(2)).
    ///
    /// Throws EAGAIN if the lock is not free within 200 ms. With `mustBeNew`, an existing file is
    /// an error. Readers can lock a file too, so one with `readers` is not locked: the caller must
    /// hold a lock of its own.
    package init(
        _ path: String, mustBeNew: Bool = false, readers: Readers? = nil
    ) throws(IOError) {
        let file = try OwnFile.open(
            path, O_RDWR | O_APPEND, mode: 0o640, mustBeNew: mustBeNew)
        let size = try file.regularFileSize(path: path)
        if let readers {
            try file.share(with: readers.group, mode: 0o640, path: path)
            self.file = file
            self.path = path
            self.size = size
            return
        }
        // A child of an earlier owner that has not yet called exec still holds the file open.
        let isLocked = Deadline(after: .milliseconds(200)).wait { file.tryLock() }
        guard isLocked, Self.inode(of: path) == file.inode else {
            // Another process holds the lock, or renamed the file between open and lock.
            throw IOError("lock", path, code: EAGAIN)
        }
        self.file = file
        self.path = path
        self.size = size
    }

    /// Appends bytes; if not all can be written, truncates the file to its previous size.
    package mutating func append(_ bytes: [UInt8]) throws(IOError) {
        guard file.writeAll(bytes[...]) else {
            let code = errno
            ftruncate(file.number, off_t(size))
            throw IOError("write", path, code: code)
        }
        size += bytes.count
    }

    /// Truncates the file (ftruncate(2)).
    package mutating func truncate(to size: Int) throws(IOError) {
        guard ftruncate(file.number, off_t(size)) == 0 else {
            throw IOError("truncate", path, code: errno)
        }
        self.size = size
    }

    /// Waits until all data is on the medium (fdatasync(2)).
    package func sync() throws(IOError) {
        guard fdatasync(file.number) == 0 else { throw IOError("write", path, code: errno) }
    }

    /// Renames the file, replacing any file of that name (rename(2)); it stays open and locked.
    package func rename(to other: String) throws(IOError) {
        try LogFile.rename(path, to: other)
    }

    private static func inode(of path: String) -> UInt64 {
        var inode: UInt64 = 0
        return unsafe cgw_entry(AT_FDCWD, path, &inode) == 0 ? inode : 0
    }

    /// Removes a file (unlink(2)); a missing file is not an error.
    package static func remove(_ path: String) throws(IOError) {
        guard unsafe unlink(path) == 0 || errno == ENOENT else {
            throw IOError("remove", path, code: errno)
        }
    }

    /// The size of a file in bytes, 0 if stat(2) fails.
    package static func size(of path: String) -> UInt64 { unsafe cgw_file_size(path) }
}
