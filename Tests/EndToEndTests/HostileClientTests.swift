import Foundation
import TestSupport
import Testing

/// The exporter stays responsive under clients of all kinds, and nothing of them stays with it.
@Suite(.serialized) struct HostileClientTests {
    private static let megabyte = 1 << 20

    private func expectResponsive(_ server: ServingProgram) throws {
        #expect(try server.get("/-/healthy").status == 200)
        // Abandoned requests are answered first, at most 40 at a time.
        try awaiting("metrics are served", seconds: 30) { try server.get().status == 200 }
    }

    private func awaitDescriptors(_ server: ServingProgram, atMost most: Int) throws {
        try awaiting("connections are closed") {
            try ProcessFigures(server.run.pid).descriptors <= most
        }
    }

    @Test func thousandIdleConnectionsDoNotBlockOthers() throws {
        let capture = try ProgramCapture("v2")
        let server = try ServingProgram("--root", capture.root)
        try expectResponsive(server)
        let before = try ProcessFigures(server.run.pid)
        do {
            let connections = try (0..<1000).map { _ in try TCPConnection(port: server.port) }
            try expectResponsive(server)
            let during = try ProcessFigures(server.run.pid)
            #expect(during.descriptors <= before.descriptors + 520)
            #expect(during.descriptors > before.descriptors + 400)
            #expect(during.resident < before.resident + 64 * Self.megabyte)
            #expect(connections.count == 1000)
        }
        try awaitDescriptors(server, atMost: before.descriptors + 2)
        try expectResponsive(server)
    }

    /// Each leaves before it has got what it asked for, if anything.
    private static let abuses: [@Sendable (TCPConnection) -> Void] = [
        { $0.send("hello\r\n\r\n") },
        { $0.send("GET / HTTP/1.1\r\nX: " + String(repeating: "a", count: 200_000)) },
        { $0.send("POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n" + flood) },
        { $0.send("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffff\r\n" + flood) },
        {
            $0.send(
                String(repeating: "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", count: 500))
        },
        { connection in
            connection.send("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
            _ = connection.received(most: 10)
        },
        { connection in
            connection.send("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
            connection.finishSending()
            _ = connection.received()
        },
        { connection in
            connection.send("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
            connection.resetAtEnd()
        },
        { $0.send("GET /met") }, { $0.finishSending() }, { $0.resetAtEnd() },
    ]
    private static let flood = String(repeating: "x", count: 400_000)

    @Test func misbehavingClientsLeaveNothingBehind() throws {
        let capture = try ProgramCapture("v2")
        let server = try ServingProgram("--root", capture.root)
        func round() throws {
            for abuse in Self.abuses {
                for _ in 0..<20 { abuse(try TCPConnection(port: server.port)) }
            }
        }
        try expectResponsive(server)
        let before = try ProcessFigures(server.run.pid).descriptors
        // The first rounds fill what the allocator keeps.
        for _ in 0..<2 { try round() }
        try awaitDescriptors(server, atMost: before + 2)
        let warm = try ProcessFigures(server.run.pid).resident
        for _ in 0..<4 { try round() }
        try expectResponsive(server)
        try awaitDescriptors(server, atMost: before + 2)
        let after = try ProcessFigures(server.run.pid).resident
        #expect(after < warm + 16 * Self.megabyte, "\(warm) to \(after)")
    }
}
