internal import Glibc

/// Timestamps of files.
package enum FileTime {
    /// The modification time of a file or directory, in microseconds since 1970 (stat(2)).
    ///
    /// Nil if stat(2) fails or the time is before 1970.
    package static func modified(_ path: [UInt8]) -> UInt64? {
        var found = stat()
        guard unsafe path.withCPath({ unsafe stat($0, &found) }) == 0 else { return nil }
        let time = found.st_mtim
        guard time.tv_sec >= 0 else { return nil }
        return UInt64(time.tv_sec) * 1_000_000 + UInt64(time.tv_nsec) / 1000
    }
}
