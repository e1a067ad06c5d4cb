public import CgroupModel

/// The memory of this process, from `/proc/self/statm` (proc_pid_statm(5)), in bytes.
public struct ProcessMemory: Sendable {
    /// Address space.
    public let virtual: Reading
    /// Memory in RAM.
    public let resident: Reading

    /// The sizes now; absent if they cannot be read.
    public static var current: ProcessMemory {
        let bytes = (try? ReadBuffer.contents(of: Array("/proc/self/statm".utf8))) ?? []
        let pages = bytes.split(separator: 0x20).map {
            UInt64(String(decoding: $0, as: UTF8.self)).map {
                Reading($0.multipliedClamping(by: MemoryPage.size))
            }
        }
        guard pages.count > 1 else { return ProcessMemory(virtual: .absent, resident: .absent) }
        return ProcessMemory(virtual: pages[0] ?? .malformed, resident: pages[1] ?? .malformed)
    }
}
