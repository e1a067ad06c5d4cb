internal import Glibc

/// A fingerprint of a file's content (stat(2)).
///
/// The same device, inode, size and times in nanoseconds mean the same content, except after a
/// rewrite within one tick of the kernel's clock.
package struct FileStamp: Hashable, Sendable {
    private let device: UInt64
    private let inode: UInt64
    private let size: Int64
    private let times: [Int]
    /// Whether the file is readable by its group.
    package let isReadableByGroup: Bool
    /// Whether the file is readable by users other than its owner and group.
    package let isReadableByOthers: Bool

    /// Takes the stamp of a file, following links; nil if stat(2) fails.
    package init?(of path: String) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    /// Whether it is the same file, which may have changed.
    package func isSameFile(as other: FileStamp) -> Bool {
        device == other.device && inode == other.inode
    }

    init(_ status: stat) {
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        size = Int64(status.st_size)
        isReadableByGroup = status.st_mode & S_IRGRP != 0
        isReadableByOthers = status.st_mode & S_IROTH != 0
        times = [
            status.st_mtim.tv_sec, status.st_mtim.tv_nsec,
            status.st_ctim.tv_sec, status.st_ctim.tv_nsec,
        ]
    }
}
