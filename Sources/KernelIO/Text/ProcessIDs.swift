/// `cgroup.procs`, `cgroup.threads` and `tasks`: one number a line.
public enum ProcessIDs {
    /// The numbers, sorted and unique; 0 stands for processes of a foreign pid namespace.
    public static func parse(_ bytes: [UInt8]) -> [Int32] {
        Set(
            bytes.split(separator: 0x0a).compactMap {
                // To kill(2) a negative number would be a whole process group, -1 all processes.
                Int32(String(decoding: $0, as: UTF8.self)).flatMap { $0 >= 0 ? $0 : nil }
            }
        ).sorted()
    }
}
