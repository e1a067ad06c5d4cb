internal import CgroupModel

/// A line of `/proc/PID/mountinfo` (proc_pid_mountinfo(5)).
///
/// `31 23 0:28 / /sys/fs/cgroup rw,relatime shared:9 - tmpfs tmpfs rw,mode=755`
package struct MountInfo: Hashable, Sendable {
    /// The device number, which all mounts of a hierarchy share.
    package let device: [UInt8]
    /// The directory of the file system that is mounted.
    ///
    /// For cgroups, the path is relative to the root of the reader's cgroup namespace; `/../x` is
    /// above it.
    package let root: [UInt8]
    /// The mount point.
    package let mountPoint: [UInt8]
    /// The file system type.
    package let type: String
    /// The options of the file system (the superblock's).
    package let options: [String]

    /// Parses all lines, skipping malformed ones.
    package static func parse(_ bytes: [UInt8]) -> [MountInfo] {
        bytes.lines.compactMap { line in
            let fields = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
            // The number of optional fields varies, so find the separator " - " first.
            guard let dash = fields.firstIndex(where: { $0.elementsEqual([UInt8(ascii: "-")]) }),
                dash >= 6,
                fields.count > dash + 3
            else { return nil }
            let options = String(decoding: fields[dash + 3], as: UTF8.self)
            return MountInfo(
                device: Array(fields[2]), root: unescaped(fields[3]),
                mountPoint: unescaped(fields[4]),
                type: String(decoding: fields[dash + 1], as: UTF8.self),
                options: options.split(separator: ",").map(String.init))
        }
    }

    /// Decodes octal escapes: the kernel writes blank, tab, newline and backslash as `\ooo`.
    static func unescaped(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let digits = bytes[index...].dropFirst().prefix(3)
            if bytes[index] == UInt8(ascii: "\\"), digits.count == 3,
                digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "7")).contains($0) })
            {
                let value = digits.reduce(0) { $0 << 3 | Int($1 - UInt8(ascii: "0")) }
                result.append(UInt8(truncatingIfNeeded: value))
                index += 4
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return result
    }
}
