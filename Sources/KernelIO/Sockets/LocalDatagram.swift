internal import CLinux
internal import Glibc

/// Sends messages to a Unix datagram socket without blocking.
package struct LocalDatagram: ~Copyable, Sendable {
    private let socket: OwnedDescriptor
    private let path: String

    /// Creates a socket that sends to the socket at a path (socket(2)).
    package init(to path: String) throws(IOError) {
        let number = cgw_datagram_socket()
        guard number >= 0 else { throw IOError("create", "a socket", code: errno) }
        socket = OwnedDescriptor(adopting: number)
        self.path = path
    }

    /// Sends one message (sendto(2)).
    package func send(_ bytes: [UInt8]) throws(IOError) {
        let result = unsafe bytes.withUnsafeBytes { raw in
            unsafe cgw_datagram_send(socket.number, path, raw.baseAddress, raw.count)
        }
        guard result == 0 else { throw IOError("send to", path, code: errno) }
    }
}
