internal import Glibc

/// Files that decide what root does: only those that nobody else can write are read.
public enum TrustedFile {
    /// Why a file or directory is not read.
    public typealias Refusal = FileRefusal

    /// Reads a regular file that root or this user owns and only its owner can write.
    ///
    /// Symbolic links on the way have to be root's or this user's, too.
    public static func contents(of path: String, most: Int) throws(Refusal) -> [UInt8] {
        try open(path).contents(most: most)
    }

    /// Opens a regular file of a user that only that user can write: `path` below `base`.
    ///
    /// No symbolic link below `base` is followed, so that no path of theirs leads to another's file;
    /// `base` is the machine's, and empty for an absolute path.
    public static func open(
        _ path: String, below base: String, ownedBy user: UInt32
    ) throws(Refusal) -> RegularFile {
        let found: FoundFile
        if base.isEmpty {
            found = try FoundFile(path, links: .none)
        } else {
            let top = try FoundFile(base, links: .trusted)
            found = try FoundFile(
                path, under: top.number, links: .none, named: "\(base)/\(path)")
        }
        try found.requireOwner(among: [user])
        try found.requireRegular()
        return try RegularFile(found)
    }

    /// Opens a regular file of the machine's own, as ``contents(of:most:)`` does.
    public static func open(_ path: String) throws(Refusal) -> RegularFile {
        let found = try FoundFile(path, links: .trusted)
        try found.requireOwner(among: trusted)
        try found.requireRegular()
        return try RegularFile(found)
    }

    /// The names in a directory that only its owner, root or this user, can write, in byte order;
    /// nil if the path is no directory.
    public static func names(in path: String) throws(Refusal) -> [[UInt8]]? {
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
