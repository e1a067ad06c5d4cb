internal import CLinux
internal import Glibc

/// A regular file to which this process alone appends while it is open.
///
/// What was appended outlives the process at once, and a loss of power after ``sync()``.
public struct AppendedFile: ~Copyable, Sendable {
    /// Where it was opened.
    public let path: String
    /// How many bytes it has.
    public private(set) var size: Int
    private let file: OwnedDescriptor

    /// Opens the file, creates it if it is missing, and takes its lock (flock(2)) or fails with
    /// EAGAIN; with `mustBeNew` an existing one is an error.
    public init(_ path: String, mustBeNew: Bool = false) throws(IOError) {
        let file = try OwnFile.open(
            path, O_RDWR | O_APPEND, mode: 0o640, mustBeNew: mustBeNew)
        let size = try file.regularFileSize(path: path)
        // A child that has not begun its program yet has the file of an earlier owner open, too.
        let isLocked = Deadline(after: .milliseconds(200)).wait { file.tryLock() }
        guard isLocked, Self.inode(of: path) == file.inode else {
            // Or it was renamed between the two calls, by another process that had the lock.
            throw IOError("lock", path, code: EAGAIN)
        }
        self.file = file
        self.path = path
        self.size = size
    }

    /// Appends bytes; what was written of them is taken back if not all can be.
    public mutating func append(_ bytes: [UInt8]) throws(IOError) {
        guard file.writeAll(bytes[...]) else {
            let code = errno
            ftruncate(file.number, off_t(size))
            throw IOError("write", path, code: code)
        }
        size += bytes.count
    }

    /// Cuts the file (ftruncate(2)).
    public mutating func truncate(to size: Int) throws(IOError) {
        guard ftruncate(file.number, off_t(size)) == 0 else {
            throw IOError("truncate", path, code: errno)
        }
        self.size = size
    }

    /// Waits until everything is on the medium (fdatasync(2)).
    public func sync() throws(IOError) {
        guard fdatasync(file.number) == 0 else { throw IOError("write", path, code: errno) }
    }

    /// Gives the file another name, over one that has it (rename(2)); it stays open and locked.
    public func rename(to other: String) throws(IOError) {
        try LogFile.rename(path, to: other)
    }

    private static func inode(of path: String) -> UInt64 {
        var inode: UInt64 = 0
        return unsafe cgw_entry(AT_FDCWD, path, &inode) == 0 ? inode : 0
    }

    /// Removes a file (unlink(2)); one that is gone is no error.
    public static func remove(_ path: String) throws(IOError) {
        guard unsafe unlink(path) == 0 || errno == ENOENT else {
            throw IOError("remove", path, code: errno)
        }
    }

    /// How many bytes a file has, 0 if it cannot be looked at (stat(2)).
    public static func size(of path: String) -> UInt64 { unsafe cgw_file_size(path) }
}
