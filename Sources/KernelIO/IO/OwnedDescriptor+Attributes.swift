internal import CLinux
internal import Glibc

extension OwnedDescriptor {
    /// An extended attribute (fgetxattr(2)); nil if there is none, or it cannot be read.
    public borrowing func attribute(_ name: String) -> [UInt8]? {
        var value = [UInt8](repeating: 0, count: 4096)
        let count = unsafe value.withUnsafeMutableBytes { raw in
            unsafe cgw_attribute(number, name, raw.baseAddress, raw.count)
        }
        return count < 0 ? nil : Array(value[..<count])
    }

    /// The owner of the open file (fstat(2)), nil if it cannot be had.
    public var owner: UInt32? {
        var found = stat()
        return unsafe fstat(number, &found) == 0 ? found.st_uid : nil
    }
}
