import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing

/// Notices that are still queued when the daemon stops.
@Suite(.enabled(if: ProgramCgroup.canBeMade, "it needs root and writable cgroup mounts"))
struct KernelDaemonNoticeTests {
    /// Takes one request after the other, each of which takes it a while.
    private final class SlowServer: Sendable {
        let port: Int
        private let descriptor: Int32
        private let bodies = Mutex<[String]>([])

        init() throws {
            descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let descriptor = descriptor
            let isListening = unsafe withUnsafeMutablePointer(to: &address) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                    unsafe bind(descriptor, raw, length) == 0 && listen(descriptor, 16) == 0
                        && getsockname(descriptor, raw, &length) == 0
                }
            }
            port = Int(UInt16(bigEndian: address.sin_port))
            guard isListening else { throw ProgramTrouble("listen: errno \(errno)") }
            Thread.detachNewThread { [self] in serve() }
        }

        func stop() { shutdown(descriptor, Int32(SHUT_RDWR)) }

        var received: [String] { bodies.withLock { $0 } }

        private func serve() {
            while true {
                let connection = accept(descriptor, nil, nil)
                guard connection >= 0 else { break }
                var bytes = [UInt8](repeating: 0, count: 65536)
                let got = unsafe recv(connection, &bytes, bytes.count, 0)
                bodies.withLock {
                    $0.append(String(decoding: bytes.prefix(max(got, 0)), as: UTF8.self))
                }
                usleep(250_000)
                let answer = Array("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".utf8)
                _ = unsafe send(connection, answer, answer.count, Int32(MSG_NOSIGNAL))
                close(connection)
            }
            close(descriptor)
        }
    }

    @Test func queuedNoticesAreSentBeforeTheDaemonExits() throws {
        let server = try SlowServer()
        defer { server.stop() }
        let parent = try ProgramCgroup("-told")
        let children = try (0..<4).map {
            try ProgramCgroup(bytes: Array("job\($0)".utf8), below: parent)
        }
        let members = try children.map { try $0.start("echo ready; exec sleep 300") }
        defer { for member in members { member.send(SIGKILL) } }
        let daemon = try RunningDaemon(
            """
            defaults: {interval: 100ms}
            groups: {g: {path: "\(parent.path)/*"}}
            sinks: {pager: {webhook: {url: "http://127.0.0.1:\(server.port)/"}}}
            rules:
              - name: seen
                on: g
                when: pids.current >= 1
                do: [{notify: {sinks: [pager]}}]

            """)
        try awaiting("the first is on its way") { !server.received.isEmpty }
        let result = try daemon.end()
        #expect(result.status == 0, "\(result.errors)")
        #expect(server.received.count == children.count, "\(server.received)")
        #expect(!result.errors.contains("lost"), "\(result.errors)")
    }
}
