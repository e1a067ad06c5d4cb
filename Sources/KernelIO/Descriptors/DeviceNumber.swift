package import CgroupModel
internal import Glibc

/// Looks up device numbers.
package enum DeviceNumber {
    /// The number of a block device file, following links (stat(2)); nil for anything else.
    package static func ofBlockDevice(_ path: String) -> InstanceKey? {
        var status = stat()
        guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFBLK else {
            return nil
        }
        return key(UInt64(status.st_rdev))
    }

    /// The number of the device that holds a file: a block device, or an anonymous device of the
    /// kernel; nil if stat(2) fails.
    package static func holding(_ path: String) -> InstanceKey? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        return key(UInt64(status.st_dev))
    }

    private static func key(_ number: UInt64) -> InstanceKey {
        let major = UInt32(number >> 8 & 0xfff) | UInt32(truncatingIfNeeded: number >> 32) & ~0xfff
        let minor = UInt32(number & 0xff) | UInt32(truncatingIfNeeded: number >> 12) & ~0xff
        return InstanceKey(major: major, minor: minor)
    }
}
