internal import Glibc

/// The space of a file system (statvfs(3)).
package struct FreeSpace: Sendable {
    /// The bytes that an unprivileged user can still use (`f_bavail`), and the size in bytes.
    package let free: UInt64, total: UInt64

    /// Creates a value from bytes.
    package init(free: UInt64, total: UInt64) {
        self.free = free
        self.total = total
    }

    /// The space of the file system of a path; nil if statvfs(3) fails.
    package init?(of path: String) {
        var status = statvfs()
        guard unsafe statvfs(path, &status) == 0 else { return nil }
        // A user's own (FUSE) file system can report any number.
        func bytes(_ blocks: UInt64) -> UInt64 {
            let (product, overflow) = blocks.multipliedReportingOverflow(
                by: UInt64(status.f_frsize))
            return overflow ? .max : product
        }
        self.init(free: bytes(UInt64(status.f_bavail)), total: bytes(UInt64(status.f_blocks)))
    }
}
