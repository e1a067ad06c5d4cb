internal import Glibc

/// Access to regular files.
extension OwnedDescriptor {
    /// The size in bytes (fstat(2)); throws EISDIR or EINVAL if the file is not regular.
    package borrowing func regularFileSize(path: @autoclosure () -> String) throws(IOError) -> Int {
        var status = stat()
        guard unsafe fstat(number, &status) == 0 else {
            throw IOError("examine", path(), code: errno)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw IOError("use", path(), code: status.st_mode & S_IFMT == S_IFDIR ? EISDIR : EINVAL)
        }
        return Int(status.st_size)
    }

    /// Reads exactly `range` of the file (pread(2)); throws EIO if the file is shorter.
    package borrowing func bytes(
        _ range: Range<Int>, path: @autoclosure () -> String
    ) throws(IOError) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: range.count)
        var done = 0
        while done < buffer.count {
            let start = done
            let got = unsafe buffer.withUnsafeMutableBytes { raw in
                unsafe pread(
                    number, raw.baseAddress?.advanced(by: start), raw.count - start,
                    off_t(range.lowerBound + start))
            }
            if got < 0, errno == EINTR { continue }
            guard got > 0 else { throw IOError("read", path(), code: got < 0 ? errno : EIO) }
            done += got
        }
        return buffer
    }

    /// Writes all bytes (write(2)); false, with errno set, on failure.
    borrowing func writeAll(_ bytes: ArraySlice<UInt8>) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let wrote = unsafe rest.withUnsafeBytes { raw in
                unsafe Glibc.write(number, raw.baseAddress, raw.count)
            }
            if wrote < 0 {
                if errno == EINTR { continue }
                return false
            }
            rest = rest.dropFirst(wrote)
        }
        return true
    }
}
