internal import CLinux
internal import Glibc

/// A directory (mode 0700) of lock files (mode 0600), so that other users cannot lock them.
///
/// Any user may open a cgroup directory and lock it, so nothing depends on locks there.
package struct LockFolder: Sendable {
    /// The path of the directory, which is created with the first lock.
    package let path: String

    /// Uses the directory at a path.
    package init(_ path: String) { self.path = path }

    /// Takes the lock on a file (flock(2)), creating the file if it is missing.
    ///
    /// Throws EBUSY if another process holds the lock for longer than `patience`.
    package func lock(_ name: String, within patience: Duration) throws(IOError) -> LockFile {
        let deadline = Deadline(after: patience)
        while true {
            let folder = try make()
            let number = unsafe openat(
                folder.number, name, LockFile.flags | O_CREAT, LockFile.mode)
            guard number >= 0 else { throw failure("open", name) }
            let file = OwnedDescriptor(adopting: number)
            let isFree = deadline.wait { file.tryLock() }
            guard isFree else { throw IOError("lock", "\(path)/\(name)", code: EBUSY) }
            // The previous holder may have removed the file: then try again with a new one.
            if let lock = try LockFile(file, name, in: folder, path) { return lock }
        }
    }

    /// Takes the lock on an existing file; nil if the file is locked, missing or cannot be opened.
    package func lockIfFree(_ name: String) -> LockFile? {
        guard let folder = try? open() else { return nil }
        let number = unsafe openat(folder.number, name, LockFile.flags)
        guard number >= 0 else { return nil }
        let file = OwnedDescriptor(adopting: number)
        guard file.tryLock() else { return nil }
        return (try? LockFile(file, name, in: folder, path)) ?? nil
    }

    /// The sorted names of the lock files; empty if the directory does not exist or cannot be read.
    package var names: [String] {
        guard let folder = try? open(), let entries = try? folder.entries(path: path) else {
            return []
        }
        return entries.filter { !$0.isDirectory }.map { String(decoding: $0.name, as: UTF8.self) }
            .sorted()
    }

    /// Reads a file, whether or not it is locked; nil on failure.
    package func contents(of name: String) -> [UInt8]? {
        guard let folder = try? open() else { return nil }
        let number = unsafe openat(folder.number, name, LockFile.flags)
        guard number >= 0 else { return nil }
        return try? LockFile.contents(of: OwnedDescriptor(adopting: number), "\(path)/\(name)")
    }

    private func failure(_ verb: String, _ name: String) -> IOError {
        IOError(verb, "\(path)/\(name)", code: errno)
    }

    private func make() throws(IOError) -> OwnedDescriptor {
        if let folder = try? open() { return folder }
        let above = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        try StandardOutput.createDirectories(above)
        CrashPoint.pass()
        let made = unsafe mkdirat(AT_FDCWD, path, 0o700)
        guard made == 0 || errno == EEXIST else { throw IOError("create", path, code: errno) }
        CrashPoint.pass()
        return try open()
    }

    /// Refuses a directory that another user owns or that others can write to (EPERM).
    private func open() throws(IOError) -> OwnedDescriptor {
        let number = unsafe Glibc.open(
            path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
        guard number >= 0 else { throw IOError("open", path, code: errno) }
        let folder = OwnedDescriptor(adopting: number)
        var status = stat()
        guard unsafe fstat(number, &status) == 0 else {
            throw IOError("examine", path, code: errno)
        }
        guard status.st_uid == geteuid(), status.st_mode & (S_IWGRP | S_IWOTH) == 0 else {
            throw IOError(
                "use", path, code: EPERM, objection: "another user owns it or can write to it")
        }
        return folder
    }
}

/// A lock file, locked for as long as this value lives.
package struct LockFile: ~Copyable, Sendable {
    static let flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK
    static let mode: mode_t = 0o600
    private static let mostBytes = 1 << 20

    private let file: OwnedDescriptor
    private let folder: OwnedDescriptor
    private let name: String
    private let path: String

    /// Nil if the name no longer refers to the file.
    init?(
        _ file: consuming OwnedDescriptor, _ name: String, in folder: consuming OwnedDescriptor,
        _ folderPath: String
    ) throws(IOError) {
        let path = "\(folderPath)/\(name)"
        _ = try file.regularFileSize(path: path)
        var inode: UInt64 = 0
        let kind = unsafe cgw_entry(folder.number, name, &inode)
        guard kind == 0, inode == file.inode else { return nil }
        self.file = file
        self.folder = folder
        self.name = name
        self.path = path
    }

    /// Reads the whole file.
    package borrowing func contents() throws(IOError) -> [UInt8] {
        try Self.contents(of: file, path)
    }

    fileprivate static func contents(
        of file: borrowing OwnedDescriptor, _ path: String
    ) throws(IOError) -> [UInt8] {
        let size = try file.regularFileSize(path: path)
        guard size <= mostBytes else { throw IOError("read", path, code: EFBIG) }
        return try file.bytes(0..<size, path: path)
    }

    /// Appends all bytes or none.
    package borrowing func append(_ bytes: [UInt8]) throws(IOError) {
        CrashPoint.pass()
        let start = lseek(file.number, 0, SEEK_END)
        guard file.writeAll(bytes[...]) else {
            let code = errno
            ftruncate(file.number, start)
            throw IOError("write", path, code: code)
        }
        CrashPoint.pass()
    }

    /// Removes the file; the lock is held until this value goes away.
    package borrowing func remove() {
        CrashPoint.pass()
        _ = unsafe unlinkat(folder.number, name, 0)
        CrashPoint.pass()
    }
}
