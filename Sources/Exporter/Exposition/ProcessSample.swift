public import CgroupModel

/// What the program itself uses, for the `process_*` families; absent readings are left out.
public struct ProcessSample: Hashable, Sendable {
    /// CPU time in microseconds.
    public var cpuMicroseconds: Reading = .absent
    /// Descriptors that are open.
    public var openDescriptors: Reading = .absent
    /// Descriptors that may be open (`RLIMIT_NOFILE`).
    public var maximumDescriptors: Reading = .absent
    /// Address space in bytes.
    public var virtualBytes: Reading = .absent
    /// Address space allowed in bytes (`RLIMIT_AS`).
    public var maximumVirtualBytes: Reading = .absent
    /// Memory in RAM in bytes.
    public var residentBytes: Reading = .absent
    /// Microseconds since 1970 at which the process started.
    public var startMicroseconds: Reading = .absent
    /// Threads.
    public var threads: Reading = .absent

    /// Nothing known yet.
    public init() {}
}
