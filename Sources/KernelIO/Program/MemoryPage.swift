internal import Glibc

/// The size of a memory page.
package enum MemoryPage {
    /// The page size in bytes (getpagesize(2)).
    package static let size = UInt64(getpagesize())
}
