internal import CgroupModel
internal import Glibc

/// A directory owned by this user.
///
/// Files in it are created or replaced atomically.
package struct OwnDirectory: ~Copyable {
    private let directory: OwnedDescriptor
    private let path: String

    /// Opens an absolute path; creates missing directories if this user owns the existing one
    /// above.
    ///
    /// With `readers`, throws if other users can write to the directory; otherwise gives it the
    /// mode 0750 and the readers' group.
    package init(
        making path: String, readers: AppendedFile.Readers? = nil
    ) throws(FileRefusal) {
        var place = "/"
        var found = try FoundFile(place, links: .trusted)
        for part in path.split(separator: "/") {
            place += place == "/" ? "\(part)" : "/\(part)"
            do throws(FileRefusal) {
                found = try FoundFile(place, links: .trusted)
            } catch {
                guard error.error.isMissing else { throw error }
                try found.requireOwned()
                let made = unsafe Array(part.utf8).withCPath { name in
                    unsafe mkdirat(found.number, name, 0o755)
                }
                guard made == 0 || errno == EEXIST else {
                    throw FileRefusal(place, cannotBe: "created", "create", code: errno)
                }
                found = try FoundFile(
                    String(part), under: found.number, links: .refused, named: place)
            }
        }
        try found.requireOwned()
        if readers != nil { try found.requireOwner(among: [geteuid()]) }
        let opened = try found.opened(O_RDONLY | O_DIRECTORY)
        if let readers { try Self.share(opened, path, with: readers) }
        directory = opened
        self.path = path
    }

    private static func share(
        _ directory: borrowing OwnedDescriptor, _ path: String,
        with readers: AppendedFile.Readers
    ) throws(FileRefusal) {
        do throws(IOError) {
            try directory.share(with: readers.group, mode: 0o750, path: path)
        } catch {
            throw FileRefusal(path, cannotBe: "shared", "share", code: error.code)
        }
    }

    /// Creates a file of these bytes, and replaces any entry of that name, even a symbolic link
    /// (fsync(2), renameat(2)).
    package func replace(_ name: String, with bytes: [UInt8]) throws(IOError) {
        let new = ".\(name).\(getpid())"
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        try remove(new)
        let number = unsafe Array(new.utf8).withCPath {
            unsafe openat(directory.number, $0, flags, 0o644)
        }
        guard number >= 0 else { throw IOError("create", "\(path)/\(new)", code: errno) }
        let file = OwnedDescriptor(adopting: number)
        guard file.writeAll(bytes[...]), fsync(file.number) == 0 else {
            let code = errno
            try? remove(new)
            throw IOError("write", "\(path)/\(new)", code: code)
        }
        let renamed = unsafe Array(new.utf8).withCPath { old in
            unsafe Array(name.utf8).withCPath { name in
                unsafe renameat(directory.number, old, directory.number, name)
            }
        }
        guard renamed == 0 else {
            let code = errno
            try? remove(new)
            throw IOError("replace", "\(path)/\(name)", code: code)
        }
    }

    private func remove(_ name: String) throws(IOError) {
        let removed = unsafe Array(name.utf8).withCPath {
            unsafe unlinkat(directory.number, $0, 0)
        }
        guard removed == 0 || errno == ENOENT else {
            throw IOError("remove", "\(path)/\(name)", code: errno)
        }
    }
}

extension FoundFile {
    /// Throws unless it is a directory owned by this user.
    fileprivate func requireOwned() throws(FileRefusal) {
        guard isDirectory else { throw FileRefusal(path, "is not a directory") }
        guard status.st_uid == geteuid() else {
            throw FileRefusal(
                path, "is owned by user \(status.st_uid); name a directory of your own")
        }
    }
}
