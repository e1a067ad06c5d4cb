internal import CLinux
internal import Glibc

/// The symbolic links that are followed on the way to a file.
package enum LinkRule: Sendable {
    /// None: the path belongs to another user, who could point a link anywhere.
    case refused
    /// Only links that root or this user owns; administrators create such links.
    case trusted
    /// All: for files whose content has no effect on what root does.
    case any
}

/// A file or directory that was found but not opened for I/O (open(2), O_PATH).
///
/// Its type can be checked first: opening a pipe waits for the other end, and opening a device may
/// have side effects.
struct FoundFile: ~Copyable {
    let path: String
    let status: stat
    private let descriptor: OwnedDescriptor

    /// Finds a path, relative to `base` unless absolute; `name` replaces the path in messages.
    init(
        _ path: String, under base: Int32? = nil, links: LinkRule, named name: String? = nil
    ) throws(FileRefusal) {
        let found = try Self.find(path, base ?? AT_FDCWD, links, name ?? path)
        var status = stat()
        guard unsafe fstat(found.number, &status) == 0 else {
            throw FileRefusal(name ?? path, cannotBe: "examined", "examine", code: errno)
        }
        self.path = name ?? path
        self.status = status
        descriptor = found
    }

    private static func find(
        _ path: String, _ base: Int32, _ links: LinkRule, _ shown: String
    ) throws(FileRefusal) -> OwnedDescriptor {
        var linkOwner: Int64 = -1
        let number = unsafe Array(path.utf8).withCPath { name in
            switch links {
            case .any: return unsafe cgw_find(base, name, 1)
            case .refused: return unsafe cgw_find_without_links(base, name)
            case .trusted:
                let found = unsafe cgw_find_without_links(base, name)
                guard found < 0, errno == ELOOP else { return found }
                return unsafe cgw_find_by_steps(base, name, 1, &linkOwner)
            }
        }
        if number >= 0 { return OwnedDescriptor(adopting: number) }
        let code = errno
        if linkOwner >= 0 {
            throw FileRefusal(
                shown,
                "is reached through a symbolic link that user \(linkOwner) owns and could change; "
                    + "give the path without the link")
        }
        throw FileRefusal(shown, cannotBe: "opened", "open", code: code)
    }

    var isRegular: Bool { status.st_mode & S_IFMT == S_IFREG }
    var isDirectory: Bool { status.st_mode & S_IFMT == S_IFDIR }
    /// The descriptor, as the base of relative paths.
    var number: Int32 { descriptor.number }

    /// Throws unless one of the users owns it and nobody else can write to it.
    func requireOwner(among owners: [UInt32]) throws(FileRefusal) {
        guard owners.contains(status.st_uid) else {
            throw FileRefusal(
                path,
                "is owned by user \(status.st_uid), who could change it; "
                    + "run chown root on it")
        }
        guard status.st_mode & (S_IWGRP | S_IWOTH) == 0 else {
            throw FileRefusal(path, "can be written by others; run chmod go-w on it")
        }
    }

    /// Throws unless it is a regular file.
    func requireRegular() throws(FileRefusal) {
        if !isRegular { throw FileRefusal(path, "is not a regular file") }
    }

    /// Opens it for I/O; meant for regular files and directories only.
    func opened(_ flags: Int32 = O_RDONLY) throws(FileRefusal) -> OwnedDescriptor {
        let number = cgw_open_found(descriptor.number, flags)
        guard number >= 0 else {
            throw FileRefusal(path, cannotBe: "opened", "open", code: errno)
        }
        return OwnedDescriptor(adopting: number)
    }
}
