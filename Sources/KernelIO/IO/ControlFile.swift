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
        CrashPoint.pass()
        let file = try open(name, in: directory)
        let code = put(value, file.number)
        guard code == 0 else { throw IOError("write \(value) to", name, code: code) }
        CrashPoint.pass()
    }

    /// Writes a value that the kernel may reclaim memory for, which can take minutes; throws
    /// ETIMEDOUT if it has not come back in time.
    ///
    /// Since Linux 6.16 O_NONBLOCK has it set the value and leave the reclaim to others. Before, the
    /// value is in force at once, too, and the writer is left to it on a thread of its own, which
    /// ends with the process.
    public static func write(
        _ value: String, to name: String, in directory: borrowing OwnedDescriptor,
        within time: Duration
    ) throws(IOError) {
        CrashPoint.pass()
        let file = try open(name, in: directory, O_NONBLOCK)
        let code = BoundedCall(consume file) { number in put(value, number) }.result(within: time)
        guard code == 0 else {
            throw IOError("write \(value) to", name, code: code ?? ETIMEDOUT)
        }
        CrashPoint.pass()
    }

    /// Opens a file for writing and writes nothing; throws if that cannot be.
    public static func checkWritable(
        _ name: String, in directory: borrowing OwnedDescriptor
    ) throws(IOError) {
        let descriptor = unsafe Array(name.utf8).withCPath { path in
            unsafe openat(directory.number, path, O_WRONLY | O_CLOEXEC | O_NOCTTY)
        }
        guard descriptor >= 0 else { throw IOError("open", name, code: errno) }
        _ = OwnedDescriptor(adopting: descriptor)
    }

    private static func open(
        _ name: String, in directory: borrowing OwnedDescriptor, _ flags: Int32 = 0
    ) throws(IOError) -> OwnedDescriptor {
        let descriptor = unsafe Array(name.utf8).withCPath { path in
            unsafe openat(
                directory.number, path, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOCTTY | flags)
        }
        guard descriptor >= 0 else { throw IOError("open", name, code: errno) }
        return OwnedDescriptor(adopting: descriptor)
    }

    /// The errno, 0 if all was taken.
    private static func put(_ value: String, _ file: Int32) -> Int32 {
        precondition(!value.isEmpty, "the kernel takes an empty write for nothing")
        let bytes = Array(value.utf8)
        while true {
            let wrote = unsafe bytes.withUnsafeBytes { raw in
                unsafe Glibc.write(file, raw.baseAddress, raw.count)
            }
            if wrote == bytes.count { return 0 }
            if wrote < 0, errno == EINTR { continue }
            return wrote < 0 ? errno : EIO
        }
    }
}
