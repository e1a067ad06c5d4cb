internal import CLinux
internal import Glibc

extension OwnedDescriptor {
    /// Opens a file of a directory for writing a trigger and waiting for it (openat(2), O_RDWR).
    public static func trigger(
        _ name: String, in directory: borrowing OwnedDescriptor
    ) throws(IOError) -> OwnedDescriptor {
        let opened = unsafe Array(name.utf8).withCPath {
            unsafe cgw_open_trigger(directory.number, $0)
        }
        guard opened >= 0 else { throw IOError("open", name, code: errno) }
        return OwnedDescriptor(adopting: opened)
    }

    /// Writes bytes at once to a file that was opened for it (write(2)).
    ///
    /// Throws if not all of them were taken; `name` is for the message.
    public borrowing func write(_ bytes: [UInt8], named name: String) throws(IOError) {
        while true {
            let wrote = unsafe bytes.withUnsafeBytes { raw in
                unsafe Glibc.write(number, raw.baseAddress, raw.count)
            }
            if wrote == bytes.count { return }
            if wrote < 0, errno == EINTR { continue }
            let text = String(decoding: bytes, as: UTF8.self)
            throw IOError("write \(text) to", name, code: wrote < 0 ? errno : EIO)
        }
    }

    /// The text of a small file that was opened for reading, from its start (pread(2)).
    public borrowing func text(named name: String) throws(IOError) -> String {
        var buffer = ReadBuffer(capacity: 4096)
        let code = buffer.fill(from: number)
        guard code == 0 else { throw IOError("read", name, code: code) }
        return String(decoding: buffer.array, as: UTF8.self)
    }
}
