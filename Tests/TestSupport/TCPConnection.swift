import Glibc

/// A client that sends what it likes, and may do so badly.
package final class TCPConnection {
    private let socket: Int32

    /// Connects to a port of the loopback.
    package init(port: Int) throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let connected = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard socket >= 0, connected == 0 else {
            throw ProgramTrouble("cannot connect to port \(port): errno \(errno)")
        }
        var time = timeval(tv_sec: 10, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            _ = unsafe setsockopt(
                socket, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    deinit { close(socket) }

    /// Sends bytes; false if the other end no longer takes them.
    @discardableResult
    package func send(_ text: String) -> Bool {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let sent = unsafe rest.withUnsafeBytes { raw in
                unsafe Glibc.send(socket, raw.baseAddress, raw.count, Int32(MSG_NOSIGNAL))
            }
            guard sent > 0 else { return false }
            rest = rest.dropFirst(sent)
        }
        return true
    }

    /// Says that nothing more is sent.
    package func finishSending() { _ = shutdown(socket, Int32(SHUT_WR)) }

    /// Makes the end a reset.
    package func resetAtEnd() {
        var value = linger(l_onoff: 1, l_linger: 0)
        _ = unsafe setsockopt(
            socket, SOL_SOCKET, SO_LINGER, &value, socklen_t(MemoryLayout<linger>.size))
    }

    /// What comes until the other end closes, `most` bytes at most.
    package func received(most: Int = 1 << 24) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while bytes.count < most {
            let got = unsafe buffer.withUnsafeMutableBytes { raw in
                unsafe recv(socket, raw.baseAddress, min(raw.count, most - bytes.count), 0)
            }
            guard got > 0 else { break }
            bytes += buffer[..<got]
        }
        return bytes
    }
}
