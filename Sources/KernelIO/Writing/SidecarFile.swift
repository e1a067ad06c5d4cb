internal import Glibc

/// A regular file beside another one, which only this process writes, at any offset.
package final class SidecarFile: Sendable {
    private let file: OwnedDescriptor

    /// Opens the file, creating it if it is missing, and empties it (O_TRUNC).
    ///
    /// It is not locked: the caller must hold a lock of its own.
    package init(_ path: String, readers: AppendedFile.Readers) throws(IOError) {
        let opened = try OwnFile.open(path, O_RDWR | O_TRUNC, mode: 0o640)
        try opened.share(with: readers.group, mode: 0o640, path: path)
        file = opened
    }

    /// Writes all bytes at an offset (pwrite(2)); false on failure, and then a part may be written.
    package func write(_ bytes: [UInt8], at offset: Int) -> Bool {
        var done = 0
        while done < bytes.count {
            let start = done
            let wrote = unsafe bytes.withUnsafeBytes { raw in
                unsafe pwrite(
                    file.number, raw.baseAddress?.advanced(by: start), raw.count - start,
                    off_t(offset + start))
            }
            if wrote < 0, errno == EINTR { continue }
            guard wrote > 0 else { return false }
            done += wrote
        }
        return true
    }
}
