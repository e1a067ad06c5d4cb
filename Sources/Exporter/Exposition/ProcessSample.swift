public import CgroupModel

/// The program's own resource usage, for the `process_*` families; absent readings are left out.
public struct ProcessSample: Hashable, Sendable {
    /// CPU time in microseconds.
    public var cpuMicroseconds: Reading = .absent
    /// The number of open descriptors.
    public var openDescriptors: Reading = .absent
    /// The limit on open descriptors (`RLIMIT_NOFILE`).
    public var maximumDescriptors: Reading = .absent
    /// Address space in bytes.
    public var virtualBytes: Reading = .absent
    /// The limit on the address space in bytes (`RLIMIT_AS`).
    public var maximumVirtualBytes: Reading = .absent
    /// Resident memory in bytes.
    public var residentBytes: Reading = .absent
    /// The start time of the process, in microseconds since 1970.
    public var startMicroseconds: Reading = .absent
    /// The number of threads.
    public var threads: Reading = .absent

    /// Creates a sample in which every reading is absent.
    public init() {}
}
