/// One line of `/proc/PID/cgroup` (cgroups(7)): `4:memory:/a/b`, or `0::/a` for v2.
public struct ProcCgroup: Hashable, Sendable {
    /// The hierarchy's number, 0 for v2.
    public let hierarchy: Int
    /// The controllers or `name=NAME`, empty for v2.
    public let controllers: [String]
    /// The path as the reader's cgroup namespace shows it; not escaped by the kernel.
    public let path: [UInt8]

    /// Understands all lines; one that has not the form is skipped.
    public static func parse(_ bytes: [UInt8]) -> [ProcCgroup] {
        bytes.split(separator: 0x0a).compactMap { line in
            // The path may hold colons: only the first two separate.
            let fields = line.split(
                separator: 0x3a, maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3, fields[2].first == 0x2f,
                let number = Int(String(decoding: fields[0], as: UTF8.self))
            else { return nil }
            let names = String(decoding: fields[1], as: UTF8.self)
            return ProcCgroup(
                hierarchy: number, controllers: names.split(separator: ",").map(String.init),
                path: Array(fields[2]))
        }
    }
}
