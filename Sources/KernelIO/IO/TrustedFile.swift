internal import Glibc

/// Files that decide what root does: only those that nobody else can write are read.
public enum TrustedFile {
    /// Why a file or directory is not read: the path, and one sentence with what to do.
    public struct Refusal: Error, Hashable, Sendable, CustomStringConvertible {
        /// The path as text.
        public let path: String
        /// The reason without the path.
        public let reason: String

        /// The whole sentence.
        public var description: String { "\(path): \(reason)" }
    }

    /// Reads a regular file that root or this user owns and only its owner can write.
    ///
    /// What is checked is what was opened (fstat(2)), and opening never waits for a pipe's writer.
    /// With `user` it must be that user's own, so that no link of theirs leads to another's file.
    public static func contents(
        of path: String, most: Int, ownedBy user: UInt32? = nil
    ) throws(Refusal) -> [UInt8] {
        let file = try open(path, O_RDONLY)
        let status = try checked(file, path, owners: user.map { [$0] } ?? [0, geteuid()])
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw Refusal(path: path, reason: "is no regular file")
        }
        guard status.st_size <= most else {
            throw Refusal(
                path: path, reason: "is larger than \(most) bytes (\(status.st_size)); split it")
        }
        var buffer = ReadBuffer(capacity: 4096)
        let code = buffer.fillToEnd(from: file.number)
        guard code == 0 else { throw failure("read", path, code) }
        guard buffer.count <= most else {
            throw Refusal(path: path, reason: "is larger than \(most) bytes; split it")
        }
        return buffer.array
    }

    /// The names in a directory that only its owner, root or this user, can write, in byte order;
    /// nil if the path is no directory.
    public static func names(in path: String) throws(Refusal) -> [[UInt8]]? {
        let directory = try open(path, O_RDONLY)
        var status = stat()
        guard unsafe fstat(directory.number, &status) == 0 else {
            throw failure("looked at", path, errno)
        }
        guard status.st_mode & S_IFMT == S_IFDIR else { return nil }
        _ = try checked(directory, path, owners: [0, geteuid()])
        do {
            return try directory.entries(path: path).filter { !$0.isDirectory }.map(\.name)
                .sorted { $0.lexicographicallyPrecedes($1) }
        } catch {
            throw failure("listed", path, error.code)
        }
    }

    private static func open(_ path: String, _ flags: Int32) throws(Refusal) -> OwnedDescriptor {
        let number = unsafe Array(path.utf8).withCPath { name in
            unsafe openat(AT_FDCWD, name, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        }
        guard number >= 0 else { throw failure("opened", path, errno) }
        return OwnedDescriptor(adopting: number)
    }

    private static func checked(
        _ file: borrowing OwnedDescriptor, _ path: String, owners: [UInt32]
    ) throws(Refusal) -> stat {
        var status = stat()
        guard unsafe fstat(file.number, &status) == 0 else {
            throw failure("looked at", path, errno)
        }
        guard owners.contains(status.st_uid) else {
            throw Refusal(
                path: path,
                reason: "is owned by user \(status.st_uid), who could change it; chown root it")
        }
        guard status.st_mode & (S_IWGRP | S_IWOTH) == 0 else {
            throw Refusal(path: path, reason: "can be written by others; chmod go-w it")
        }
        return status
    }

    private static func failure(_ verb: String, _ path: String, _ code: Int32) -> Refusal {
        Refusal(path: path, reason: "cannot be \(verb): \(unsafe String(cString: strerror(code)))")
    }
}
