internal import Glibc

/// The size of a memory page.
public enum MemoryPage {
    /// The page size in bytes (getpagesize(2)).
    public static let size = UInt64(getpagesize())
}
