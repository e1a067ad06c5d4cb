internal import CgroupModel
internal import Glibc

/// An error in using a file of the program's own state.
package enum PrivateFileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A system call failed.
    case failed(IOError)
    /// Another user could have written the file; the reason includes the remedy.
    case untrusted(path: String, reason: String)

    /// The complete message.
    package var description: String {
        switch self {
        case .failed(let error): "\(error)"
        case .untrusted(let path, let reason): "\(path): \(reason)"
        }
    }

    /// Creates an error from a failed system call, its object and the errno.
    init(_ operation: String, _ path: String, code: Int32) {
        self = .failed(IOError(operation, path, code: code))
    }

    /// The failed system call; nil for an untrusted file.
    package var failure: IOError? { if case .failed(let error) = self { error } else { nil } }
}

/// An open directory in which only root or this user can create or replace files.
package struct PrivateDirectory: ~Copyable, Sendable {
    let path: String
    let descriptor: OwnedDescriptor

    /// Opens the directory and checks what was opened (fstat(2)).
    ///
    /// Refuses symbolic links, and directories that other users own or can write to.
    package init(_ path: String) throws(PrivateFileError) {
        let opened = try Self.open(path, O_RDONLY | O_DIRECTORY, at: AT_FDCWD, named: path)
        try Self.check(opened, path, kind: S_IFDIR)
        self.path = path
        descriptor = opened
    }

    /// Opens a regular file in the directory, with the same checks; nil if it is missing.
    func file(_ name: String, _ flags: Int32) throws(PrivateFileError) -> OwnedDescriptor? {
        let whole = "\(path)/\(name)"
        do throws(PrivateFileError) {
            let opened = try Self.open(
                name, flags | O_NONBLOCK, at: descriptor.number, named: whole)
            try Self.check(opened, whole, kind: S_IFREG)
            return opened
        } catch {
            guard error.failure?.isMissing == true else { throw error }
            return nil
        }
    }

    private static func open(
        _ path: String, _ flags: Int32, at base: Int32, named whole: String
    ) throws(PrivateFileError) -> OwnedDescriptor {
        let number = unsafe openat(base, path, flags | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, 0o600)
        guard number >= 0 else {
            // A symbolic link fails with ENOTDIR under O_DIRECTORY, so look at the entry itself.
            var status = stat()
            let code = errno
            let isLink =
                unsafe fstatat(base, path, &status, AT_SYMLINK_NOFOLLOW) == 0
                && status.st_mode & S_IFMT == S_IFLNK
            throw isLink
                ? .untrusted(path: whole, reason: "is a symbolic link; use the real path")
                : PrivateFileError("open", whole, code: code)
        }
        return OwnedDescriptor(adopting: number)
    }

    private static func check(
        _ opened: borrowing OwnedDescriptor, _ path: String, kind: mode_t
    ) throws(PrivateFileError) {
        var status = stat()
        guard unsafe fstat(opened.number, &status) == 0 else {
            throw PrivateFileError("examine", path, code: errno)
        }
        guard status.st_mode & S_IFMT == kind else {
            throw .untrusted(path: path, reason: "is not a regular file; remove it")
        }
        guard status.st_uid == 0 || status.st_uid == geteuid() else {
            throw .untrusted(
                path: path,
                reason: "belongs to user \(status.st_uid), who could change it; remove it, or "
                    + "choose another state directory")
        }
        guard status.st_mode & (S_IWGRP | S_IWOTH) == 0 else {
            throw .untrusted(path: path, reason: "is writable by others; run chmod go-w on it")
        }
    }
}
