import Foundation

/// The socket on which systemd hears from a service (sd_notify(3)).
package final class ProgramNotifySocket {
    /// The path for `NOTIFY_SOCKET`.
    package let path: String
    private let descriptor: Int32

    /// Listens.
    package init() throws {
        path = FileManager.default.temporaryDirectory.path() + "/cgwarden-test-\(UUID().uuidString)"
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        let isBound = unsafe withUnsafeMutableBytes(of: &address) { raw in
            let offset = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2
            guard offset + bytes.count < raw.count else { return false }
            unsafe raw.baseAddress?.advanced(by: offset)
                .copyMemory(from: bytes, byteCount: bytes.count)
            return unsafe bind(
                descriptor, raw.baseAddress?.assumingMemoryBound(to: sockaddr.self),
                socklen_t(raw.count)) == 0
        }
        guard isBound else { throw ProgramTrouble("bind \(path): errno \(errno)") }
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    }

    deinit {
        close(descriptor)
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Waits for a message.
    package func message() throws -> String {
        try awaiting("a message to systemd") {
            var buffer = [UInt8](repeating: 0, count: 1024)
            let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
            return count > 0 ? String(decoding: buffer.prefix(count), as: UTF8.self) : nil
        }
    }
}
