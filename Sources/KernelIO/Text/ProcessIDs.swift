internal import CgroupModel

/// Parses `cgroup.procs`, `cgroup.threads` and `tasks`: one ID per line.
package enum ProcessIDs {
    /// The IDs, sorted and unique; 0 stands for any process of a PID namespace that is not visible
    /// here.
    package static func parse(_ bytes: [UInt8]) -> [Int32] {
        Set(
            bytes.lines.compactMap {
                // kill(2) treats -1 as all processes and other negative numbers as a process group.
                Int32(String(decoding: $0, as: UTF8.self)).flatMap { $0 >= 0 ? $0 : nil }
            }
        ).sorted()
    }
}
