internal import CgroupModel

/// The kernel's rounding of limits in bytes, down to whole pages.
package enum PageRounding {
    /// The largest page size, in bytes.
    private static let largestPage: UInt64 = 64 << 10

    /// Whether a file shows the value that was written to it, rounded or not.
    package static func isSame(_ shown: String, written: String) -> Bool {
        guard let shown = UInt64(shown), let written = UInt64(written) else {
            return shown == written
        }
        return isSame(shown, written: written)
    }

    /// Whether a number of bytes is the one that was written, rounded or not.
    package static func isSame(_ shown: UInt64, written: UInt64) -> Bool {
        shown <= written && written - shown < largestPage
    }
}
