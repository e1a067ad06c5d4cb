import Foundation
import TestSupport
import Testing

private let soakSeconds =
    ProcessInfo.processInfo.environment["CGWARDEN_SOAK_SECONDS"].flatMap { Double($0) } ?? 0

/// Serving for a long time while cgroups come and go: `CGWARDEN_SOAK_SECONDS=600`.
@Suite(
    .serialized,
    .enabled(
        if: soakSeconds > 0 && ProgramCgroup.canBeMade, "needs CGWARDEN_SOAK_SECONDS and root"))
struct KernelWebSoakTests {
    private static let megabyte = 1 << 20

    @Test func exporterDoesNotGrowUnderLoad() throws { try soak(ServingProgram()) }

    @Test func daemonDoesNotGrowUnderLoad() throws {
        let daemon = try RunningDaemon(
            """
            defaults: {interval: 500ms}
            groups: {g: {path: "/cgwarden-test-*", populated: false}}
            limits: [{on: g, set: {pids.max: 321}}]

            """)
        try soak(daemon.server) { number in
            guard number % 20 == 0 else { return }
            daemon.run.send(SIGHUP)
        }
    }

    /// Scrapes of all kinds, slow and broken clients, births and deaths, until the time is over.
    private func soak(_ server: ServingProgram, _ more: (Int) -> Void = { _ in }) throws {
        let begin = ContinuousClock.now
        let end = begin + .seconds(soakSeconds)
        var cgroups: [ProgramCgroup] = []
        var slow: [TCPConnection] = []
        var figures: [ProcessFigures] = []
        var round = 0
        var next = begin
        while ContinuousClock.now < end {
            round += 1
            more(round)
            for _ in 0..<5 { cgroups.append(try ProgramCgroup("-soak")) }
            cgroups.removeFirst(max(0, cgroups.count - 60))
            slow.removeFirst(max(0, slow.count - 20))
            for request in [
                "GET /met", "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", "hello\r\n\r\n",
            ] {
                slow.append(try TCPConnection(port: server.port))
                slow.last?.send(request)
            }
            let text = try server.get()
            #expect(text.status == 200)
            let newest = try #require(cgroups.last).path
            #expect(text.text.contains("\"\(newest)\"") || round < 3)
            let open = try server.get(accept: "application/openmetrics-text; version=1.0.0")
            #expect(open.text.hasSuffix("# EOF\n"))
            let gzip = TCPConnection.scrape(server.port, "Accept-Encoding: gzip\r\n")
            #expect(gzip.contains("Content-Encoding: gzip"))
            if ContinuousClock.now >= next {
                figures.append(try ProcessFigures(server.run.pid))
                next += .seconds(soakSeconds / 60)
            }
            Thread.sleep(forTimeInterval: 0.3)
        }
        report(figures, rounds: round)
        // The first third fills what allocators and caches keep.
        let warm = figures[(figures.count / 3)...]
        let half = warm.count / 2
        let early = try #require(warm.prefix(half).map(\.resident).max())
        let late = try #require(warm.suffix(half).map(\.resident).max())
        #expect(late < early + 4 * Self.megabyte)
        let descriptors = warm.map(\.descriptors)
        #expect(try #require(descriptors.max()) < #require(descriptors.min()) + 40)
    }

    private func report(_ figures: [ProcessFigures], rounds: Int) {
        let points = stride(from: 0, to: figures.count, by: max(1, figures.count / 6))
        let lines = points.map { index in
            let megabytes = Double(figures[index].resident) / Double(Self.megabyte)
            return String(format: "%.1f MiB %d fds", megabytes, figures[index].descriptors)
        }
        print("soak: \(rounds) rounds; \(lines.joined(separator: ", "))")
    }
}

extension TCPConnection {
    /// The head of an answer with more headers in the request.
    fileprivate static func scrape(_ port: Int, _ headers: String) -> String {
        guard let connection = try? TCPConnection(port: port) else { return "" }
        connection.send(
            "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\(headers)\r\n")
        let bytes = connection.received()
        return String(decoding: bytes.prefix(600), as: UTF8.self)
    }
}
