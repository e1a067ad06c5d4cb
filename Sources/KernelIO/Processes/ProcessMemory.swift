package import CgroupModel

/// The memory use of this process in bytes, from `/proc/self/statm` (proc_pid_statm(5)).
package struct ProcessMemory: Sendable {
    /// The size of the address space.
    package let virtual: Reading
    /// The resident set size.
    package let resident: Reading

    /// Reads the current sizes; absent if the file cannot be read.
    package static var current: ProcessMemory {
        let bytes = (try? ReadBuffer.contents(of: Array("/proc/self/statm".utf8))) ?? []
        let pages = bytes.words.map {
            UInt64(String(decoding: $0, as: UTF8.self)).map {
                Reading($0.multipliedClamping(by: MemoryPage.size))
            }
        }
        guard pages.count > 1 else { return ProcessMemory(virtual: .absent, resident: .absent) }
        return ProcessMemory(virtual: pages[0] ?? .malformed, resident: pages[1] ?? .malformed)
    }
}
