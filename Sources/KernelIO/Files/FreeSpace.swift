internal import Glibc

/// The space of a file system (statvfs(3)).
package struct FreeSpace: Sendable {
    /// The bytes that root or any user can still use, and the size in bytes.
    package let free: UInt64, total: UInt64

    /// Creates a value from bytes.
    package init(free: UInt64, total: UInt64) {
        self.free = free
        self.total = total
    }

    /// The space of the file system of a path; nil if it cannot be found out.
    package init?(of path: String) {
        var status = statvfs()
        guard unsafe statvfs(path, &status) == 0 else { return nil }
        let block = UInt64(status.f_frsize)
        self.init(
            free: UInt64(status.f_bavail) * block, total: UInt64(status.f_blocks) * block)
    }
}
