public import CgroupModel
internal import Glibc

/// The number behind a block device's name.
public enum DeviceNumber {
    /// The number of a device file, links followed (stat(2)); nil if it is no block device.
    public static func ofBlockDevice(_ path: String) -> InstanceKey? {
        var status = stat()
        guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFBLK else {
            return nil
        }
        let number = UInt64(status.st_rdev)
        let major = UInt32(number >> 8 & 0xfff) | UInt32(truncatingIfNeeded: number >> 32) & ~0xfff
        let minor = UInt32(number & 0xff) | UInt32(truncatingIfNeeded: number >> 12) & ~0xff
        return InstanceKey(major: major, minor: minor)
    }
}
