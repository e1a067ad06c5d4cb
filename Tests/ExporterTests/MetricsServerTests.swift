#if Exporter
import CgroupModel
import Exporter
import Foundation
import Logging
import NIOCore
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(15))) struct MetricsServerTests {
    let source = StubSource(ExporterFixtures.small())

    /// Runs a server on a free port for as long as `body` takes.
    func serve(
        _ source: StubSource? = nil,
        configure: (inout MetricsServer.Configuration) -> Void = { _ in },
        _ body: @escaping @Sendable (Int) async throws -> Void
    ) async throws {
        try await TestServer.run(source ?? self.source, configure: configure, body)
    }

    /// How long a scrape took is another time each time, and one series more.
    static func withoutTime(_ text: String) -> String {
        text.split(separator: "\n").filter { !isTime($0) && !$0.hasPrefix("cgwarden_series ") }
            .joined(separator: "\n")
    }

    private static func isTime(_ line: Substring) -> Bool {
        line.contains("cgwarden_scrape_duration_seconds")
    }

    @Test func collectParametersSelectFamilies() async throws {
        try await serve { port in
            func names(_ query: String) async throws -> Set<String> {
                let answer = try #require(try await LoopbackClient.send(port, "/metrics" + query))
                #expect(answer.status == "HTTP/1.1 200 OK")
                let parsed = try ParsedExposition(answer.text, openMetrics: false)
                return Set(parsed.samples.map(\.name).filter { $0.hasPrefix("cgroup_") })
            }
            let all = try await names("")
            let memory = try await names("?collect[]=memory&collect[]=pressure")
            #expect(memory.contains("cgroup_memory_current_bytes"))
            #expect(memory.contains("cgroup_pressure_memory_waiting_seconds_total"))
            #expect(memory.allSatisfy { $0.contains("memory") })
            #expect(
                try await names("?exclude%5B%5D=memory&exclude%5b%5d=pressure")
                    == all.subtracting(memory))
            #expect(try await names("?collect[]=cpu&x=y").isSubset(of: all.subtracting(memory)))
            // The same sample again, complete.
            #expect(try await names("") == all)
        }
    }

    @Test func collectParametersSelectCadvisorFamilies() async throws {
        try await serve { port in
            func names(_ query: String) async throws -> Set<String> {
                let answer = try #require(
                    try await LoopbackClient.send(port, "/metrics/cadvisor" + query))
                let parsed = try ParsedExposition(answer.text, openMetrics: false)
                return Set(parsed.samples.map(\.name).filter { $0.hasPrefix("container_") })
            }
            let all = try await names("")
            let cpu = try await names("?collect[]=cpu")
            #expect(cpu.contains("container_cpu_usage_seconds_total"))
            #expect(cpu.allSatisfy { $0.contains("cpu") || $0 == "container_scrape_error" })
            let core = try await names("?collect[]=core")
            #expect(
                core == [
                    "container_last_seen", "container_start_time_seconds", "container_scrape_error",
                ])
            #expect(try await names("?collect[]=io").contains("container_fs_reads_bytes_total"))
            #expect(
                try await names("?exclude[]=cpu&exclude[]=core")
                    .intersection(cpu.union(core)) == ["container_scrape_error"])
            #expect(try await names("") == all)
        }
    }

    @Test(arguments: [
        ("collect[]=cpu&exclude[]=io", "mutually exclusive"),
        ("collect[]=gpu", "must be one of core, cpu,"),
        ("exclude[]=", "must be one of"), ("collect[]=%zz", "must be one of"),
        ("collect[]", "must be one of"),
    ])
    func unknownCollectorIsABadRequest(query: String, message: String) async throws {
        try await serve { port in
            let answer = try #require(try await LoopbackClient.send(port, "/metrics?" + query))
            #expect(answer.status == "HTTP/1.1 400 Bad Request")
            #expect(answer.text.contains(message))
            #expect(answer.text.split(separator: "\n").count == 1)
        }
    }

    @Test func metricsAreServedInTheRequestedFormat() async throws {
        try await serve { port in
            let text = try #require(try await LoopbackClient.send(port, "/metrics"))
            #expect(text.status == "HTTP/1.1 200 OK")
            #expect(text.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
            #expect(text.headers["content-length"] == "\(text.body.count)")
            #expect(text.headers["vary"] == "Accept, Accept-Encoding")
            #expect(text.headers["content-encoding"] == nil)
            #expect(text.headers["transfer-encoding"] == nil)
            #expect(
                Self.withoutTime(text.text)
                    == Self.withoutTime(ExporterFixtures.text(ExporterFixtures.small(), .text)))
            let openMetrics = try #require(
                try await LoopbackClient.send(
                    port, "/metrics?x=y", ["Accept": "application/openmetrics-text"]))
            #expect(
                openMetrics.headers["content-type"]
                    == "application/openmetrics-text; version=1.0.0; charset=utf-8")
            #expect(
                Self.withoutTime(openMetrics.text)
                    == Self.withoutTime(
                        ExporterFixtures.text(ExporterFixtures.small(), .openMetrics)))
            let times = [text, openMetrics].map {
                $0.text.split(separator: "\n").filter(Self.isTime)
            }
            #expect(
                times[0].filter { !$0.hasPrefix("#") } == times[1].filter { !$0.hasPrefix("#") })
            #expect(!times[0].isEmpty)
        }
    }

    @Test(arguments: ["/", "/metrics", "/-/healthy", "/-/ready", "/nowhere"])
    func headResponseHasNoBody(path: String) async throws {
        try await serve { port in
            let get = try #require(try await LoopbackClient.send(port, path))
            let head = try #require(try await LoopbackClient.send(port, path, method: "HEAD"))
            #expect(get.status == head.status)
            #expect(get.headers == head.headers)
            #expect(!get.body.isEmpty)
            #expect(head.body.isEmpty)
        }
    }

    @Test(arguments: ["/metrics", "/api/v1/stream"])
    func headResponseEndsAfterItsHeaders(path: String) async throws {
        try await serve { port in
            let request = "HEAD \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            var bytes = try await LoopbackClient.exchange(port, Array(request.utf8))[...]
            #expect(RawResponse(&bytes, hasBody: false)?.status == "HTTP/1.1 200 OK")
            #expect(bytes.isEmpty)
        }
    }

    @Test func otherPathsAndMethodsAreAnswered() async throws {
        try await serve { port in
            let page = try #require(try await LoopbackClient.send(port, "/"))
            #expect(page.headers["content-type"] == "text/html; charset=utf-8")
            #expect(page.text.contains("1.2.3") && page.text.contains("href=\"metrics\""))
            let missing = try #require(try await LoopbackClient.send(port, "/metrics/"))
            #expect(missing.status == "HTTP/1.1 404 Not Found")
            for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
                let refused = try #require(
                    try await LoopbackClient.send(port, "/metrics", method: method))
                #expect(refused.status == "HTTP/1.1 405 Method Not Allowed")
                #expect(refused.headers["allow"] == "GET, HEAD")
            }
            let healthy = try #require(try await LoopbackClient.send(port, "/-/healthy"))
            #expect(healthy.status == "HTTP/1.1 200 OK")
        }
    }

    @Test func gzipBodyIsEqualAndOnlyOnRequest() async throws {
        try await serve { port in
            let plain = try #require(try await LoopbackClient.send(port, "/metrics"))
            let packed = try #require(
                try await LoopbackClient.send(
                    port, "/metrics", ["Accept-Encoding": "gzip, deflate"]))
            #expect(packed.headers["content-encoding"] == "gzip")
            #expect(packed.headers["content-length"] == "\(packed.body.count)")
            #expect(packed.body.count < plain.body.count)
            #expect(try Tool.run("gzip", ["-dc"], input: packed.body).output == plain.body)
            let small = try #require(
                try await LoopbackClient.send(port, "/-/healthy", ["Accept-Encoding": "gzip"]))
            #expect(small.headers["content-encoding"] == nil)
        }
    }

    @Test func oneConnectionCarriesSeveralRequests() async throws {
        try await serve { port in
            let request =
                "GET /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\n"
                + "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"
                + "POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbody"
                + "GET /-/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            var rest = try await LoopbackClient.exchange(port, Array(request.utf8))[...]
            var seen: [String] = []
            while let response = RawResponse(&rest, hasBody: true) { seen.append(response.status) }
            #expect(
                seen == [
                    "HTTP/1.1 200 OK", "HTTP/1.1 200 OK", "HTTP/1.1 405 Method Not Allowed",
                    "HTTP/1.1 200 OK",
                ])
            #expect(rest.isEmpty)
        }
    }

    @Test func malformedRequestsEndOnlyTheirConnection() async throws {
        try await serve { port in
            var garbage = try await LoopbackClient.exchange(
                port, Array("\u{16}\u{3}\u{1} hello\r\n\r\n".utf8))[...]
            let refused = try #require(RawResponse(&garbage, hasBody: true))
            #expect(
                refused.status.hasPrefix("HTTP/1.1 400 ")
                    || refused.status.hasPrefix("HTTP/1.0 400 "))
            let long = "GET / HTTP/1.1\r\nX: " + String(repeating: "a", count: 200_000)
            let answer = try? await LoopbackClient.exchange(port, Array(long.utf8))
            #expect(answer.map { !String(decoding: $0, as: UTF8.self).contains(" 200 ") } ?? true)
            let healthy = try #require(try await LoopbackClient.send(port, "/-/healthy"))
            #expect(healthy.status == "HTTP/1.1 200 OK")
        }
    }

    @Test func apiListsItsEndpointsWithTheirParameters() async throws {
        try await serve { port in
            for path in ["/api/v1", "/api/v1/"] {
                let response = try #require(try await LoopbackClient.send(port, path))
                #expect(response.status == "HTTP/1.1 200 OK")
                let object = try JSONSerialization.jsonObject(with: Data(response.body))
                let all = try #require(
                    (object as? [String: Any])?["endpoints"] as? [[String: Any]])
                let paths = all.compactMap { $0["path"] as? String }
                #expect(paths.contains("/api/v1/snapshot") && !paths.contains("/api/v1/"))
                #expect(paths == paths.sorted())
                let snapshot = all.first { $0["path"] as? String == "/api/v1/snapshot" }
                #expect((snapshot?["parameters"] as? [String])?.contains("at") == true)
            }
            let wrong = try #require(try await LoopbackClient.send(port, "/api/v1/none"))
            #expect(wrong.status == "HTTP/1.1 404 Not Found")
            #expect(wrong.text.contains("the endpoints are listed at /api/v1/"))
        }
    }
}
#endif
