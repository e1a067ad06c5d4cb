internal import CLinux
internal import Glibc

/// An interface file, read whole or written with one write(2), relative to a held directory.
public enum ControlFile {
    /// The bytes of a file.
    public static func read(
        _ name: String, in directory: borrowing OwnedDescriptor
    ) throws(IOError) -> [UInt8] {
        try ReadBuffer.contents(of: Array(name.utf8), under: directory.number)
    }

    /// Writes a value as the kernel wants it: one write(2), the whole value, no newline added.
    ///
    /// The file is opened with O_TRUNC, which the kernel ignores, so that a file of a captured
    /// tree is replaced just as a kernel file would be; it is never created.
    public static func write(
        _ value: String, to name: String, in directory: borrowing OwnedDescriptor
    ) throws(IOError) {
        precondition(!value.isEmpty, "the kernel takes an empty write for nothing")
        let descriptor = unsafe Array(name.utf8).withCPath { path in
            unsafe openat(directory.number, path, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOCTTY)
        }
        guard descriptor >= 0 else { throw IOError("open", name, code: errno) }
        let file = OwnedDescriptor(adopting: descriptor)
        let bytes = Array(value.utf8)
        while true {
            let wrote = unsafe bytes.withUnsafeBytes { raw in
                unsafe Glibc.write(file.number, raw.baseAddress, raw.count)
            }
            if wrote == bytes.count { return }
            if wrote < 0, errno == EINTR { continue }
            throw IOError("write \(value) to", name, code: wrote < 0 ? errno : EIO)
        }
    }
}
