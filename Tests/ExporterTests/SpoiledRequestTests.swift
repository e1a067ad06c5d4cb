#if Exporter
import Exporter
import Foundation
import TestSupport
import Testing

/// Requests with bytes changed, removed and put in, over real connections: each ends, with whole
/// answers or none, and the server goes on.
///
/// `FUZZ_SECONDS` lets it go on for longer than the few requests of a usual run.
@Suite(.timeLimit(.minutes(30))) struct SpoiledRequestTests {
    private static let requests = [
        "GET /metrics?collect[]=memory HTTP/1.1\r\nHost: localhost\r\nAccept: text/plain;q=0.5\r\n\r\n",
        "GET /metrics/cadvisor HTTP/1.0\r\nAccept-Encoding: gzip\r\nConnection: keep-alive\r\n\r\n",
        "HEAD /-/ready HTTP/1.1\r\nHost: localhost\r\nX-Prometheus-Scrape-Timeout-Seconds: 1\r\n\r\n",
        "POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbody",
        "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n",
        "GET /api/v1/cgroup?path=%2Fsystem.slice HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: \"1\"\r\n\r\n",
        "GET /api/v1/snapshot HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic YTpi\r\n\r\n",
    ]

    @Test func mutatedRequestsDoNotCrashTheServer() async throws {
        let seconds = ProcessInfo.processInfo.environment["FUZZ_SECONDS"].flatMap { Int($0) }
        let end = ContinuousClock.now + .seconds(seconds ?? 0)
        try await TestServer.run(
            StubSource(ExporterFixtures.small()),
            configure: {
                $0.limits.requestTime = .seconds(1)
                $0.limits.idleTime = .seconds(1)
            }
        ) { port in
            var noise = SeededNoise(seed: 23)
            var count = 0
            var answers = 0
            while count < 150 || ContinuousClock.now < end {
                let two = (0..<2).flatMap { _ in
                    Array((Self.requests.randomElement(using: &noise) ?? "").utf8)
                }
                let bytes = try? await LoopbackClient.exchange(
                    port, noise.spoil(two), isLast: true)
                count += 1
                guard let bytes, !bytes.isEmpty else { continue }
                answers += 1
                #expect(String(decoding: bytes.prefix(7), as: UTF8.self) == "HTTP/1.")
            }
            #expect(answers > count / 2, "\(answers) answers to \(count) requests")
            let healthy = try #require(try await LoopbackClient.send(port, "/-/healthy"))
            #expect(healthy.status == "HTTP/1.1 200 OK")
        }
    }
}
#endif
