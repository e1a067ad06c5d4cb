/// `cgroup.procs`, `cgroup.threads` and `tasks`: one number a line.
public enum ProcessIDs {
    /// The numbers, sorted and unique; 0 stands for processes of a foreign pid namespace.
    public static func parse(_ bytes: [UInt8]) -> [Int32] {
        Set(
            bytes.split(separator: 0x0a).compactMap {
                Int32(String(decoding: $0, as: UTF8.self))
            }
        ).sorted()
    }
}
