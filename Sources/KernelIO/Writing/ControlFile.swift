internal import CLinux
internal import Glibc

/// An interface file below an open directory, read whole or written with one write(2).
package enum ControlFile {
    /// Reads the whole file.
    package static func read(
        _ name: String, in directory: borrowing OwnedDescriptor
    ) throws(IOError) -> [UInt8] {
        try ReadBuffer.contents(of: Array(name.utf8), under: directory.number)
    }

    /// Writes a value with one write(2), adding no newline.
    ///
    /// The file is opened with O_TRUNC. The kernel ignores that flag; in a captured tree it makes
    /// the write replace the content, as a kernel file would. The file is never created.
    package static func write(
        _ value: String, to name: String, in directory: borrowing OwnedDescriptor
    ) throws(IOError) {
        CrashPoint.pass()
        let file = try open(name, in: directory)
        let code = put(value, file.number)
        guard code == 0 else { throw IOError("write \(value) to", name, code: code) }
        CrashPoint.pass()
    }

    /// Writes a value that may make the kernel reclaim memory, which can take minutes.
    ///
    /// Throws ETIMEDOUT if write(2) has not returned within the time. Since Linux 6.16, O_NONBLOCK
    /// makes the kernel set the limit and leave the reclaim to later allocations. Before that the
    /// new limit is also in force at once, but the writing thread stays in write(2) until reclaim
    /// ends or the process exits.
    package static func write(
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

    /// Checks that a file can be opened for writing, without writing to it; throws otherwise.
    package static func checkWritable(
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

    /// Returns 0 if the whole value was written, otherwise the errno.
    private static func put(_ value: String, _ file: Int32) -> Int32 {
        precondition(!value.isEmpty, "the kernel ignores an empty write")
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
