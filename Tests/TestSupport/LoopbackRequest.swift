package import Foundation

/// A plain HTTP client for the loopback: one GET on a connection of its own.
package enum LoopbackRequest {
    /// The body of the answer, whatever its status.
    ///
    /// HTTP/1.0, so that the body comes in one piece and ends with the connection.
    package static func get(_ port: Int, _ target: String) throws -> Data {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard socket >= 0 else { throw ProgramTrouble("no socket: errno \(errno)") }
        let file = FileHandle(fileDescriptor: socket, closeOnDealloc: true)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port)).bigEndian
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        let status = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else {
            throw ProgramTrouble("port \(port) does not answer: errno \(errno)")
        }
        try file.write(contentsOf: Data("GET \(target) HTTP/1.0\r\nHost: localhost\r\n\r\n".utf8))
        let answer = try file.readToEnd() ?? Data()
        guard let blank = answer.range(of: Data("\r\n\r\n".utf8)) else {
            throw ProgramTrouble("port \(port) cut its answer to \(target) short")
        }
        return answer[blank.upperBound...]
    }
}
