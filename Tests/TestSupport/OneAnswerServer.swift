import Foundation
import Glibc
import Synchronization

/// A server on the loopback that gives each client the same bytes, whatever they ask, and then
/// keeps the connection open.
package final class OneAnswerServer: Sendable {
    /// The port.
    package let port: Int
    private let socket: Int32
    private let asked = Mutex<String>("")

    /// What the last client asked.
    package var request: String { asked.withLock { $0 } }

    /// Listens at a free port.
    package init(_ answer: String) throws {
        let listener = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        socket = listener
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let failed = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(listener, $0, length) != 0 || listen(listener, 8) != 0
                    || getsockname(listener, $0, &length) != 0
            }
        }
        guard !failed else { throw ProgramTrouble("cannot listen: errno \(errno)") }
        port = Int(UInt16(bigEndian: address.sin_port))
        let bytes = Array(answer.utf8)
        Thread.detachNewThread { [weak self] in
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0 else {
                    // Closed by this thread alone: the number could be another server's by now.
                    close(listener)
                    return
                }
                var buffer = [UInt8](repeating: 0, count: 65536)
                let got = unsafe recv(client, &buffer, buffer.count, 0)
                self?.asked.withLock {
                    $0 = String(decoding: buffer.prefix(max(got, 0)), as: UTF8.self)
                }
                _ = unsafe send(client, bytes, bytes.count, Int32(MSG_NOSIGNAL))
            }
        }
    }

    deinit {
        shutdown(socket, Int32(SHUT_RDWR))
    }
}
