internal import CLinux

/// What statfs(2) says about a path.
public enum FilesystemMagic {
    private static let legacy: UInt64 = 0x27_e0eb
    private static let unified: UInt64 = 0x6367_7270

    /// Whether another file system than a cgroup one is what the path shows; a path that cannot be
    /// asked about is not held to be.
    public static func isForeign(_ path: [UInt8]) -> Bool {
        let magic = unsafe path.withCPath { unsafe cgw_filesystem_magic($0) }
        return magic != 0 && magic != legacy && magic != unified
    }
}
