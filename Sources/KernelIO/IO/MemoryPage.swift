internal import Glibc

/// The pages in which the kernel hands out memory.
public enum MemoryPage {
    /// Bytes of one (getpagesize(2)).
    public static let size = UInt64(getpagesize())
}
