internal import CLinux
internal import Glibc

extension OwnedDescriptor {
    /// Sets a trigger on a pressure file; closing the descriptor removes the trigger.
    ///
    /// poll(2) returns POLLPRI, at most once per window, when at least one task was stalled for a
    /// total of `stall` microseconds within `window` microseconds. Without CAP_SYS_RESOURCE, the
    /// kernel accepts only multiples of 2 s as windows (Documentation/accounting/psi.rst).
    package static func pressureTrigger(
        _ name: String, in directory: borrowing OwnedDescriptor, stall: UInt64, window: UInt64
    ) throws(IOError) -> OwnedDescriptor {
        let opened = unsafe Array(name.utf8).withCPath {
            unsafe cgw_open_trigger(directory.number, $0)
        }
        guard opened >= 0 else { throw IOError("open", name, code: errno) }
        let file = OwnedDescriptor(adopting: opened)
        // The kernel requires the terminating zero byte of a C string.
        try file.write(Array("some \(stall) \(window)".utf8) + [0], named: name)
        return file
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
