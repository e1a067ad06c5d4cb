public import CgroupModel
internal import Glibc

/// The numbers of block devices.
public enum DeviceNumber {
    /// The number of a device file, links followed (stat(2)); nil if it is no block device.
    public static func ofBlockDevice(_ path: String) -> InstanceKey? {
        var status = stat()
        guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFBLK else {
            return nil
        }
        return key(UInt64(status.st_rdev))
    }

    /// The number of the device that a file is on (stat(2)), a block device's or one of the kernel's
    /// own; nil if there is no such file.
    public static func holding(_ path: String) -> InstanceKey? {
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
