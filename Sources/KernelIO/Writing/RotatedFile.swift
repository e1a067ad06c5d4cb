internal import Glibc

/// An append-only file of lines that log rotation may rename away.
package struct RotatedFile: ~Copyable, Sendable {
    private let file: OwnedDescriptor
    private let path: String

    /// Opens the file for appending, creating it with mode 0640 if it is missing.
    ///
    /// Refuses anything but a regular file that root or this user owns.
    package init(_ path: String) throws(IOError) {
        file = try OwnFile.open(path, O_WRONLY | O_APPEND, mode: 0o640)
        self.path = path
    }

    /// The size in bytes, 0 if fstat(2) fails.
    package var size: Int { knownSize ?? 0 }

    private var knownSize: Int? {
        var found = stat()
        return unsafe fstat(file.number, &found) == 0 ? Int(found.st_size) : nil
    }

    /// Appends bytes with one write(2); after a partial write, truncates the file to its previous
    /// size.
    package func append(_ bytes: [UInt8]) throws(IOError) {
        let before = knownSize
        while true {
            let wrote = unsafe bytes.withUnsafeBytes { raw in
                unsafe write(file.number, raw.baseAddress, raw.count)
            }
            if wrote == bytes.count { return }
            let code = wrote < 0 ? errno : ENOSPC
            if code == EINTR { continue }
            if wrote > 0, let before { ftruncate(file.number, off_t(before)) }
            throw IOError("write", path, code: code)
        }
    }

    /// Removes a file (unlink(2)).
    package static func remove(_ path: String) throws(IOError) {
        guard unsafe unlink(path) == 0 else { throw IOError("remove", path, code: errno) }
    }
}
