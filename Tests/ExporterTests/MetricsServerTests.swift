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
    private let source = StubSource(ExporterFixtures.small())

    /// Runs a server on a free port for as long as `body` takes.
    private func serve(
        _ source: StubSource? = nil,
        configure: (inout MetricsServer.Configuration) -> Void = { _ in },
        _ body: @escaping @Sendable (Int) async throws -> Void
    ) async throws {
        try await TestServer.run(source ?? self.source, configure: configure, body)
    }

    /// How long a scrape took is another time each time, and one series more.
    private static func withoutTime(_ text: String) -> String {
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

    @Test func serverIsNotReadyBeforeTheFirstSample() async throws {
        let source = StubSource(nil)
        try await serve(source) { port in
            for path in ["/metrics", "/-/ready"] {
                let response = try #require(try await LoopbackClient.send(port, path))
                #expect(response.status == "HTTP/1.1 503 Service Unavailable")
            }
            await source.set(ExporterFixtures.small())
            for path in ["/metrics", "/-/ready"] {
                let response = try #require(try await LoopbackClient.send(port, path))
                #expect(response.status == "HTTP/1.1 200 OK")
            }
        }
    }

    @Test func failedCollectionIsReportedOnce() async throws {
        try await serve { [source] port in
            await source.fail("the cgroup tree is not mounted")
            let failed = try #require(try await LoopbackClient.send(port, "/metrics"))
            #expect(failed.status == "HTTP/1.1 500 Internal Server Error")
            #expect(failed.text.contains("the cgroup tree is not mounted"))
            await source.set(ExporterFixtures.small(tick: 2))
            let response = try #require(try await LoopbackClient.send(port, "/metrics"))
            #expect(response.status == "HTTP/1.1 200 OK")
        }
    }

    @Test func concurrentScrapesShareOneCollection() async throws {
        let counted = Counter()
        try await serve(
            configure: {
                $0.processSample = {
                    counted.increment()
                    return ExporterFixtures.process
                }
            }
        ) { [source] port in
            await source.hold()
            let bodies = try await withThrowingTaskGroup(of: [UInt8]?.self) { group in
                for _ in 0..<8 {
                    group.addTask { try await LoopbackClient.send(port, "/metrics")?.body }
                }
                while await source.calls == 0 { await Task.yield() }
                // Answered although a collection hangs; the other scrapes arrive in the meantime.
                for _ in 0..<20 {
                    let healthy = try await LoopbackClient.send(port, "/-/healthy")
                    #expect(healthy?.status == "HTTP/1.1 200 OK")
                }
                await source.release()
                return try await group.reduce(into: [[UInt8]?]()) { $0.append($1) }
            }
            #expect(Set(bodies).count == 1)
            #expect(bodies.first??.isEmpty == false)
            #expect(await source.mostAtOnce == 1)
            #expect(counted.value == 1)
        }
    }

    /// Clients that joined the first collection got 503 if they resumed before its starter.
    @Test func clientsWaitingForTheFirstSampleFindTheServerReady() async throws {
        try await serve { [source] port in
            await source.hold()
            let answers = try await withThrowingTaskGroup(of: String?.self) { group in
                for _ in 0..<16 {
                    group.addTask { try await LoopbackClient.send(port, "/-/ready")?.status }
                }
                while await source.calls == 0 { await Task.yield() }
                // Meanwhile the others arrive.
                for _ in 0..<20 { _ = try await LoopbackClient.send(port, "/-/healthy") }
                await source.release()
                return try await group.reduce(into: [String?]()) { $0.append($1) }
            }
            #expect(Set(answers) == ["HTTP/1.1 200 OK"], "\(answers)")
        }
    }

    @Test func newSampleIsServedImmediately() async throws {
        try await serve { [source] port in
            let first = try #require(try await LoopbackClient.send(port, "/metrics"))
            #expect(first.text.contains("/system.slice/ssh.service"))
            var builder = SnapshotBuilder()
            builder.tick = 2
            builder.add("/other", ["memory.usage": Reading(5)])
            await source.set(builder.build())
            let second = try #require(try await LoopbackClient.send(port, "/metrics"))
            #expect(!second.text.contains("/system.slice"))
            #expect(second.text.contains("cgroup_memory_current_bytes{cgroup=\"/other\"} 5\n"))
        }
    }

    @Test func disconnectingClientDoesNotAffectOthers() async throws {
        try await serve { [source] port in
            await source.hold()
            for _ in 0..<20 {
                let channel = try await LoopbackClient.open(port)
                try await channel.writeAndFlush(
                    ByteBuffer(string: "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"))
                while await source.calls == 0 { await Task.yield() }
                try await channel.close()
            }
            await source.release()
            let response = try #require(try await LoopbackClient.send(port, "/metrics"))
            #expect(response.status == "HTTP/1.1 200 OK")
        }
    }

    @Test func largeBodyArrivesCompletely() async throws {
        var builder = SnapshotBuilder()
        for number in 0..<2000 {
            builder.add(
                "/a/" + String(repeating: "x", count: 200) + "\(number)",
                ["memory.usage": Reading(UInt64(number)), "pids.current": Reading(1)])
        }
        let snapshot = builder.build()
        try await serve(StubSource(snapshot)) { port in
            let plain = try #require(try await LoopbackClient.send(port, "/metrics"))
            #expect(
                Self.withoutTime(plain.text)
                    == Self.withoutTime(ExporterFixtures.text(snapshot, .text)))
            let packed = try #require(
                try await LoopbackClient.send(port, "/metrics", ["Accept-Encoding": "gzip"]))
            #expect(try Tool.run("gzip", ["-dc"], input: packed.body).output == plain.body)
        }
    }

    @Test func portInUseIsReported() async throws {
        try await serve { [source] port in
            let address = ListenAddress(host: "127.0.0.1", port: port)
            let second = MetricsServer(
                MetricsServer.Configuration(address: address, version: "1"), source: source,
                logger: Logger(label: "test"))
            let error = await #expect(throws: ServerError.self) { try await second.run() }
            #expect(error == .addressInUse(address))
            #expect(
                error?.description
                    == "127.0.0.1:\(port) is already in use; choose another --web.listen-address")
        }
    }

    @Test func addressOfAnotherHostIsReported() async throws {
        let address = ListenAddress(host: "192.0.2.1", port: 0)
        let server = MetricsServer(
            MetricsServer.Configuration(address: address, version: "1"), source: source,
            logger: Logger(label: "test"))
        let error = await #expect(throws: ServerError.self) { try await server.run() }
        #expect(error == .addressNotAvailable(address))
    }

    @Test(arguments: [
        (ListenAddress(host: "..", port: 0), "the host of ..:0 is unknown; choose another"),
        (
            ListenAddress(path: "/nowhere/web.sock"),
            "cannot listen on unix:/nowhere/web.sock: No such file or directory; choose another"
        ),
    ])
    func listenErrorsAreOneSentence(address: ListenAddress, sentence: String) async throws {
        let server = MetricsServer(
            MetricsServer.Configuration(address: address, version: "1"), source: source,
            logger: Logger(label: "test"))
        let error = await #expect(throws: ServerError.self) { try await server.run() }
        #expect(error?.description == sentence + " --web.listen-address")
    }

    @Test func stopClosesIdleConnectionsAndFinishesScrapes() async throws {
        await source.hold()
        let (answers, continuation) = AsyncStream.makeStream(of: RawResponse?.self)
        try await serve(configure: { $0.gracePeriod = .seconds(30) }) { [source] port in
            let idle = try await LoopbackClient.open(port)
            Task {
                continuation.yield(try? await LoopbackClient.send(port, "/metrics"))
                continuation.finish()
            }
            while await source.calls == 0 { await Task.yield() }
            // The server stops when this returns, and only then may the scrape end.
            Task {
                try await idle.closeFuture.get()
                await source.release()
            }
        }
        for await answer in answers { #expect(answer?.status == "HTTP/1.1 200 OK") }
    }

    @Test func idleConnectionIsClosed() async throws {
        try await serve(configure: { $0.limits.requestTime = .milliseconds(50) }) { port in
            // Half a request; ends only when the server gives up, which may be before it is sent.
            let bytes = try? await LoopbackClient.exchange(port, Array("GET /met".utf8))
            #expect(!String(decoding: bytes ?? [], as: UTF8.self).contains(" 200 "))
        }
    }
}

private final class Counter: Sendable {
    private let count = Mutex(0)
    var value: Int { count.withLock { $0 } }
    func increment() { count.withLock { $0 += 1 } }
}
#endif
