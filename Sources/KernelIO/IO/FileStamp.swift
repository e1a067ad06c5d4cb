internal import Glibc

/// What tells the content of a file from what was there before (stat(2)).
///
/// The same inode, size and times to the nanosecond mean the same content, a rewrite within one
/// tick of the kernel's clock excepted.
public struct FileStamp: Hashable, Sendable {
    private let device: UInt64
    private let inode: UInt64
    private let size: Int64
    private let times: [Int]
    /// Whether users may read it who neither own it nor are in its group.
    public let isReadableByOthers: Bool

    /// Looks at a file, or at what a link leads to; nil if it is not there or may not be seen.
    public init?(of path: String) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    init(_ status: stat) {
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        size = Int64(status.st_size)
        isReadableByOthers = status.st_mode & S_IROTH != 0
        times = [
            status.st_mtim.tv_sec, status.st_mtim.tv_nsec,
            status.st_ctim.tv_sec, status.st_ctim.tv_nsec,
        ]
    }
}
