package import CgroupModel

/// The program's own resource usage, for the `process_*` families; absent readings are left out.
package struct ProcessSample: Hashable, Sendable {
    /// CPU time in microseconds.
    package var cpuMicroseconds: Reading = .absent
    /// The number of open descriptors.
    package var openDescriptors: Reading = .absent
    /// The limit on open descriptors (`RLIMIT_NOFILE`).
    package var maximumDescriptors: Reading = .absent
    /// Address space in bytes.
    package var virtualBytes: Reading = .absent
    /// The limit on the address space in bytes (`RLIMIT_AS`).
    package var maximumVirtualBytes: Reading = .absent
    /// Resident memory in bytes.
    package var residentBytes: Reading = .absent
    /// The start time of the process, in microseconds since 1970.
    package var startMicroseconds: Reading = .absent
    /// The number of threads.
    package var threads: Reading = .absent

    /// Creates a sample in which every reading is absent.
    package init() {}
}
