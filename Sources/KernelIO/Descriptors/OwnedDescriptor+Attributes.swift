internal import CLinux
internal import Glibc

extension OwnedDescriptor {
    /// Reads an extended attribute of up to 4 KiB (fgetxattr(2)); nil if it is absent or cannot be
    /// read.
    package borrowing func attribute(_ name: String) -> [UInt8]? {
        var value = [UInt8](repeating: 0, count: 4096)
        let count = unsafe value.withUnsafeMutableBytes { raw in
            unsafe cgw_attribute(number, name, raw.baseAddress, raw.count)
        }
        return count < 0 ? nil : Array(value[..<count])
    }

    /// Sets an extended attribute of the open file (fsetxattr(2)); false on failure.
    @discardableResult
    package borrowing func setAttribute(_ name: String, _ value: String) -> Bool {
        unsafe cgw_set_attribute(number, name, value) == 0
    }

    /// Removes an extended attribute of the open file (fremovexattr(2)).
    package borrowing func removeAttribute(_ name: String) {
        _ = unsafe cgw_remove_attribute(number, name)
    }

    /// The device of the open file (fstat(2)), 0 on failure.
    package var device: UInt64 {
        var found = stat()
        return unsafe fstat(number, &found) == 0 ? UInt64(found.st_dev) : 0
    }

    /// The owner of the open file (fstat(2)), nil on failure.
    package var owner: UInt32? {
        var found = stat()
        return unsafe fstat(number, &found) == 0 ? found.st_uid : nil
    }
}
