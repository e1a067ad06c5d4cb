internal import CLinux
internal import Glibc

extension OwnedDescriptor {
    /// Opens a file in a directory to write a trigger to it and poll it (openat(2), O_RDWR).
    package static func trigger(
        _ name: String, in directory: borrowing OwnedDescriptor
    ) throws(IOError) -> OwnedDescriptor {
        let opened = unsafe Array(name.utf8).withCPath {
            unsafe cgw_open_trigger(directory.number, $0)
        }
        guard opened >= 0 else { throw IOError("open", name, code: errno) }
        return OwnedDescriptor(adopting: opened)
    }

    /// Writes all bytes with one write(2) to a file opened for writing.
    ///
    /// Throws if the kernel took only part of them (EIO); `name` is for the message.
    package borrowing func write(_ bytes: [UInt8], named name: String) throws(IOError) {
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

    /// Reads a small open file from its start as text (pread(2)); `name` is for the message.
    package borrowing func text(named name: String) throws(IOError) -> String {
        var buffer = ReadBuffer(capacity: 4096)
        let code = buffer.fill(from: number)
        guard code == 0 else { throw IOError("read", name, code: code) }
        return String(decoding: buffer.array, as: UTF8.self)
    }
}
