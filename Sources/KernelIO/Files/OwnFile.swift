internal import CgroupModel
internal import Glibc

/// Files that this process writes: regular ones that root or this user owns.
///
/// A file or link that another user put in their place is refused.
enum OwnFile {
    /// Opens a file for writing, creating it with `mode` if it is missing.
    ///
    /// With `mustBeNew`, an existing file is an error.
    static func open(
        _ path: String, _ flags: Int32, mode: mode_t, mustBeNew: Bool = false
    ) throws(IOError) -> OwnedDescriptor {
        do throws(FileRefusal) {
            let slash = path.lastIndex(of: "/")
            let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
            let parent = try FoundFile(
                slash.map { String(path[...$0]) } ?? ".", links: .trusted, named: path)
            while true {
                if !mustBeNew {
                    do throws(FileRefusal) {
                        return try existing(name, in: parent, path, flags)
                    } catch {
                        guard error.error.isMissing else { throw error }
                    }
                }
                let number = unsafe Array(name.utf8).withCPath { name in
                    unsafe openat(
                        parent.number, name,
                        flags | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, mode)
                }
                if number >= 0 { return OwnedDescriptor(adopting: number) }
                // Another process may have created it since.
                guard errno == EEXIST, !mustBeNew else {
                    throw FileRefusal(path, cannotBe: "opened", "open", code: errno)
                }
            }
        } catch {
            throw error.error
        }
    }

    private static func existing(
        _ name: String, in parent: borrowing FoundFile, _ path: String, _ flags: Int32
    ) throws(FileRefusal) -> OwnedDescriptor {
        let found = try FoundFile(name, under: parent.number, links: .refused, named: path)
        try found.requireRegular()
        guard [0, geteuid()].contains(found.status.st_uid) else {
            throw FileRefusal(
                path,
                "is owned by user \(found.status.st_uid), who could change it; "
                    + "run chown root on it")
        }
        return try found.opened(flags)
    }
}
