internal import CgroupModel

/// A line of `/proc/PID/cgroup` (cgroups(7)): `4:memory:/a/b`, or `0::/a` for v2.
package struct ProcCgroup: Hashable, Sendable {
    /// The hierarchy ID, 0 for v2.
    package let hierarchy: Int
    /// The controllers, or `name=NAME`; empty for v2.
    package let controllers: [String]
    /// The path as seen in the reader's cgroup namespace; the kernel does not escape it.
    package let path: [UInt8]

    /// Parses all lines, skipping malformed ones.
    package static func parse(_ bytes: [UInt8]) -> [ProcCgroup] {
        bytes.lines.compactMap { line in
            // Only the first two colons separate fields; the path may contain more.
            let fields = line.split(
                separator: UInt8(ascii: ":"), maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3, fields[2].first == UInt8(ascii: "/"),
                let number = Int(String(decoding: fields[0], as: UTF8.self))
            else { return nil }
            let names = String(decoding: fields[1], as: UTF8.self)
            return ProcCgroup(
                hierarchy: number, controllers: names.split(separator: ",").map(String.init),
                path: Array(fields[2]))
        }
    }
}
