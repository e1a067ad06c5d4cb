internal import Glibc

/// Files that decide what root does; they are read only if no other user can write to them.
package enum TrustedFile {
    /// The reason why a file or directory is not read.
    package typealias Refusal = FileRefusal

    /// Reads a regular file that root or this user owns and only its owner can write to.
    ///
    /// Symbolic links on the way must belong to root or this user, too.
    package static func contents(of path: String, most: Int) throws(Refusal) -> [UInt8] {
        try open(path).contents(most: most)
    }

    /// Opens a regular file that `user` owns and only its owner can write to: `path` below `base`.
    ///
    /// Symbolic links below `base` are not followed, so the user cannot point the path at another
    /// user's file. `base` belongs to the system; it is empty for an absolute path.
    package static func open(
        _ path: String, below base: String, ownedBy user: UInt32
    ) throws(Refusal) -> RegularFile {
        let found: FoundFile
        if base.isEmpty {
            found = try FoundFile(path, links: .refused)
        } else {
            let top = try FoundFile(base, links: .trusted)
            found = try FoundFile(
                path, under: top.number, links: .refused, named: "\(base)/\(path)")
        }
        try found.requireOwner(among: [user])
        try found.requireRegular()
        return try RegularFile(found)
    }

    /// Opens a trusted file with the checks of ``contents(of:most:)``.
    package static func open(_ path: String) throws(Refusal) -> RegularFile {
        let found = try FoundFile(path, links: .trusted)
        try found.requireOwner(among: trusted)
        try found.requireRegular()
        return try RegularFile(found)
    }

    /// The names in a directory, without subdirectories, in byte order; nil if it is not a
    /// directory.
    ///
    /// Refuses a directory that users other than root and this one own or can write to.
    package static func names(in path: String) throws(Refusal) -> [[UInt8]]? {
        let found = try FoundFile(path, links: .trusted)
        guard found.isDirectory else { return nil }
        try found.requireOwner(among: trusted)
        let directory = try found.opened()
        do {
            return try directory.entries(path: path).filter { !$0.isDirectory }.map(\.name)
                .sorted { $0.lexicographicallyPrecedes($1) }
        } catch {
            throw Refusal(path, cannotBe: "listed", "list", code: error.code)
        }
    }

    private static var trusted: [UInt32] { [0, geteuid()] }
}
