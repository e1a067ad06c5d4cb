internal import CLinux

/// The type of a file system (statfs(2)).
package enum FilesystemMagic {
    private static let legacy: UInt64 = 0x27_e0eb
    private static let unified: UInt64 = 0x6367_7270

    /// Whether the path is on a file system other than cgroup v1 or v2; false if statfs(2) fails.
    package static func isForeign(_ path: [UInt8]) -> Bool {
        let magic = unsafe path.withCPath { unsafe cgw_filesystem_magic($0) }
        return magic != 0 && magic != legacy && magic != unified
    }
}
