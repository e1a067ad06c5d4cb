#if Exporter
import CgroupModel
import Exporter
import Foundation
import NIOCore
import NIOPosix
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(15))) struct HostileClientTests {
    private static let healthy = "GET /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\n"

    /// A body of some megabytes, more than sockets hold.
    private static let big: Snapshot = {
        var builder = SnapshotBuilder()
        for number in 0..<1000 {
            builder.add(
                "/a/" + String(repeating: "x", count: 4000) + "\(number)",
                ["memory.current": Reading(UInt64(number)), "pids.current": Reading(1)])
        }
        return builder.build()
    }()

    /// A server with little patience may leave a client of a busy machine, too.
    private func expectHealthy(_ port: Int, tries: Int = 1) async throws {
        for _ in 1..<tries {
            if (try? await LoopbackClient.send(port, "/-/healthy")) != nil { return }
        }
        let answer = try #require(try await LoopbackClient.send(port, "/-/healthy"))
        #expect(answer.status == "HTTP/1.1 200 OK")
    }

    /// Whether the server ends a connection before all is sent that is sent in small pieces; counted
    /// in pieces and not in seconds, for both sides are late when another test keeps them waiting.
    private func isLeft(_ port: Int, sending pieces: [String]) async throws -> Bool {
        let channel = try await LoopbackClient.open(port)
        for piece in pieces {
            guard channel.isActive else { return true }
            try? await channel.writeAndFlush(ByteBuffer(string: piece))
            try await Task.sleep(for: .milliseconds(20))
        }
        try? await channel.close()
        return false
    }

    private static let silence = Array(repeating: "", count: 400)

    @Test func slowSenderIsDisconnected() async throws {
        try await TestServer.run(
            configure: {
                $0.limits.requestTime = .milliseconds(300)
                $0.limits.idleTime = .milliseconds(300)
            }
        ) { port async throws in
            let header = "X-Slow: " + String(repeating: "a", count: 400)
            let slow = ["GET /-/healthy HTTP/1.1\r\n"] + header.map(String.init)
            #expect(try await isLeft(port, sending: slow))
            // The next request on a connection is no different.
            #expect(try await isLeft(port, sending: [Self.healthy] + slow))
            // A body, too.
            let post = "POST / HTTP/1.1\r\nContent-Length: 1000\r\n\r\n"
            let body = Array(repeating: "b", count: 400)
            #expect(try await isLeft(port, sending: [post] + body))
            #expect(try await isLeft(port, sending: Self.silence))
            try await expectHealthy(port, tries: 50)
        }
    }

    @Test(.enabled(if: WebFixture.isPossible, "needs openssl"))
    func slowTLSHandshakeIsDisconnected() async throws {
        let fixture = try await WebFixture()
        try fixture.write("tls_server_config: {cert_file: server.pem, key_file: server.key}\n")
        try await TestServer.run(configure: {
            $0.limits.requestTime = .milliseconds(300)
            $0.webConfigurationFile = fixture.path("web.yml")
        }) { port async throws in
            #expect(try await isLeft(port, sending: ["\u{16}\u{3}\u{1}"] + Self.silence))
            let answer = try await fixture.curl(port)
            #expect(answer.status == "200")
        }
    }

    /// A client that has asked, and reads no more than the first bytes of the answer.
    private func unread(_ port: Int, _ path: String = "/metrics") async throws -> UnreadAnswer {
        let answer = UnreadAnswer()
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelOption(.autoRead, value: false)
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelOption(.socketOption(.so_rcvbuf), value: 4096)
            .channelInitializer { $0.pipeline.addHandler(answer) }
            .connect(host: "127.0.0.1", port: port).get()
        let request = "GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        try await channel.writeAndFlush(ByteBuffer(string: request))
        channel.read()
        let end = ContinuousClock.now + .seconds(60)
        while answer.bytes == 0, ContinuousClock.now < end {
            try await Task.sleep(for: .milliseconds(5))
        }
        answer.channel.withLock { $0 = channel }
        return answer
    }

    @Test(arguments: ["write", "stall"])
    func clientThatDoesNotReadIsDisconnected(_ limit: String) async throws {
        try await TestServer.run(
            StubSource(Self.big),
            configure: {
                if limit == "write" { $0.limits.writeTime = .milliseconds(300) }
                if limit == "stall" { $0.limits.stallTime = .milliseconds(300) }
            }
        ) { port async throws in
            // Rendered in advance, so that the next response is immediate.
            let whole = try #require(try await LoopbackClient.send(port, "/metrics"))
            // A slow machine needs longer to disconnect it.
            for pause in [Duration.milliseconds(1500), .seconds(10), .seconds(60)] {
                let answer = try await unread(port)
                try await Task.sleep(for: pause)
                // Only what was sent before the disconnection is left to read.
                if try await answer.rest() < whole.body.count { return }
            }
            Issue.record("the client was not disconnected")
        }
    }

    @Test func clientThatDoesNotReadDoesNotBlockOthers() async throws {
        try await TestServer.run(StubSource(Self.big), configure: { $0.mostRequests = 2 }) {
            port async throws in
            let whole = try #require(try await LoopbackClient.send(port, "/metrics"))
            var unread: [UnreadAnswer] = []
            for _ in 0..<6 {
                unread.append(try await self.unread(port))
                let other = try #require(try await LoopbackClient.send(port, "/metrics"))
                #expect(other.status == "HTTP/1.1 200 OK")
                #expect(other.body.count == whole.body.count)
            }
            for answer in unread { try await answer.leave() }
        }
    }

    @Test func unreadBytesAreBoundedByDisconnectingTheLongestStall() async throws {
        try await TestServer.run(
            StubSource(Self.big),
            configure: {
                // There is always room for two answers.
                $0.limits.untakenBytesOfClient = 0
            }
        ) { port async throws in
            let whole = try #require(try await LoopbackClient.send(port, "/metrics"))
            var unread: [UnreadAnswer] = []
            for _ in 0..<10 { unread.append(try await self.unread(port)) }
            let other = try #require(try await LoopbackClient.send(port, "/metrics"))
            #expect(other.body.count == whole.body.count)
            var lengths: [Int] = []
            for answer in unread { lengths.append(try await answer.rest()) }
            #expect(lengths.count { $0 < whole.body.count } >= 3, "\(lengths)")
            #expect(lengths.last ?? 0 >= whole.body.count, "\(lengths)")
        }
    }

    @Test func stalledConnectionsYieldToNewOnes() async throws {
        try await TestServer.run(
            StubSource(Self.big), configure: { $0.limits.connections = 3 }
        ) { port async throws in
            var unread: [UnreadAnswer] = []
            for _ in 0..<6 { unread.append(try await self.unread(port)) }
            try await expectHealthy(port)
            for answer in unread { try await answer.leave() }
        }
    }

    @Test func oversizedHeadersAreReported() async throws {
        try await TestServer.run { port async throws in
            let long = String(repeating: "a", count: 40_000)
            let many = (0..<300).map { "X-\($0): a\r\n" }.joined()
            for head in [
                "GET / HTTP/1.1\r\nX: \(long)\r\n\r\n", "GET /\(long) HTTP/1.1\r\n\r\n",
                "GET / HTTP/1.1\r\n\(many)\r\n", "GET / HTTP/1.1\r\n\(long): a\r\n\r\n",
            ] {
                var bytes = try await LoopbackClient.exchange(port, Array(head.utf8))[...]
                let answer = try #require(RawResponse(&bytes, hasBody: true))
                #expect(answer.status == "HTTP/1.1 431 Request Header Fields Too Large")
                #expect(answer.headers["connection"] == "close")
                #expect(bytes.isEmpty)
            }
            let most =
                "GET /-/healthy HTTP/1.1\r\nConnection: close\r\nX: \(long.prefix(20_000))\r\n\r\n"
            var bytes = try await LoopbackClient.exchange(port, Array(most.utf8))[...]
            #expect(RawResponse(&bytes, hasBody: true)?.status == "HTTP/1.1 200 OK")
        }
    }

    @Test func requestBodyIsRefused() async throws {
        try await TestServer.run { port async throws in
            let flood = String(repeating: "x", count: 300_000)
            for request in [
                "POST / HTTP/1.1\r\nContent-Length: 9999999999\r\n\r\n\(flood)",
                "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n493e0\r\n\(flood)",
            ] {
                var bytes = try await LoopbackClient.exchange(port, Array(request.utf8))[...]
                let answer = try #require(RawResponse(&bytes, hasBody: true))
                #expect(answer.status == "HTTP/1.1 413 Payload Too Large")
                #expect(bytes.isEmpty)
            }
            try await expectHealthy(port)
        }
    }

    @Test func malformedRequestIsReportedAndDisconnected() async throws {
        try await TestServer.run { port async throws in
            for garbage in [
                "hello\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
                "GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "\u{16}\u{3}\u{1}\u{0}",
                "GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            ] {
                var bytes = try await LoopbackClient.exchange(port, Array(garbage.utf8))[...]
                let answer = RawResponse(&bytes, hasBody: true)
                #expect(answer?.status == "HTTP/1.1 400 Bad Request", "\(garbage)")
            }
            // Earlier requests are still answered.
            let mixed = Self.healthy + Self.healthy + "hello\r\n\r\n"
            var bytes = try await LoopbackClient.exchange(port, Array(mixed.utf8))[...]
            for status in ["200 OK", "200 OK", "400 Bad Request"] {
                #expect(RawResponse(&bytes, hasBody: true)?.status == "HTTP/1.1 \(status)")
            }
            for method in ["BREW", "CONNECT", "TRACE", "get"] {
                let answer = try await LoopbackClient.send(port, "/-/healthy", method: method)
                let status = answer?.status ?? ""
                #expect(status.contains(" 405 ") || status.contains(" 400 "), "\(method) \(status)")
            }
        }
    }

    @Test func absoluteTargetIsAccepted() async throws {
        try await TestServer.run { port async throws in
            for (target, status) in [
                ("http://localhost/-/healthy", 200),
                ("HTTP://127.0.0.1:9/metrics?collect[]=cpu", 200),
                ("http://localhost", 200), ("http://localhost?a", 200),
                ("https://[::1]/metrics", 200),
                ("http://localhost/nothing", 404), ("ftp://localhost/metrics", 404),
                ("http:///metrics", 400), ("http://evil.example/metrics", 421),
            ] {
                // Its host counts, whatever the header says.
                let answer = try await LoopbackClient.send(port, target)
                #expect(
                    answer?.status.contains(" \(status) ") == true,
                    "\(target) \(answer?.status ?? "")")
            }
        }
    }

    @Test func pipelinedRequestsAreAnsweredInOrder() async throws {
        try await TestServer.run { port async throws in
            let paths = (0..<50).flatMap { _ in ["/-/healthy", "/metrics", "/nothing"] }
            let requests = paths.map { "GET \($0) HTTP/1.1\r\nHost: localhost\r\n\r\n" }.joined()
            let last = "GET /-/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            var bytes = try await LoopbackClient.exchange(port, Array((requests + last).utf8))[...]
            var statuses: [String] = []
            while let answer = RawResponse(&bytes, hasBody: true) {
                statuses.append(String(answer.status.dropFirst(9).prefix(3)))
            }
            #expect(bytes.isEmpty)
            #expect(statuses == paths.map { $0 == "/nothing" ? "404" : "200" } + ["200"])
        }
    }

    @Test func halfClosedClientGetsItsResponse() async throws {
        let source = StubSource(ExporterFixtures.small())
        try await TestServer.run(source) { port async throws in
            await source.hold()
            async let bytes = LoopbackClient.exchange(
                port, Array("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8), isLast: true)
            while await source.calls == 0 { await Task.yield() }
            await source.release()
            var whole = try await bytes[...]
            let answer = try #require(RawResponse(&whole, hasBody: true))
            #expect(answer.status == "HTTP/1.1 200 OK")
            #expect(answer.headers["content-length"] == "\(answer.body.count)")
            // Half a request gets none, and is not waited for.
            let half = try await LoopbackClient.exchange(port, Array("GET /met".utf8), isLast: true)
            #expect(!String(decoding: half, as: UTF8.self).contains(" 200 "))
            #expect(try await LoopbackClient.exchange(port, [], isLast: true).isEmpty)
        }
    }

    @Test func idleConnectionsYieldToNewOnes() async throws {
        let source = StubSource(ExporterFixtures.small())
        try await TestServer.run(
            source,
            configure: {
                $0.limits.connections = 8
                // None of them may end a connection that waits on a busy machine.
                $0.limits.requestTime = .seconds(600)
                $0.limits.answerTime = .seconds(600)
            }
        ) { port async throws in
            await source.hold()
            // It is being answered, so it stays open.
            async let busy = LoopbackClient.send(port, "/metrics")
            while await source.calls == 0 { await Task.yield() }
            var idle: [any Channel] = []
            for _ in 0..<30 {
                idle.append(try await LoopbackClient.open(port))
                try await expectHealthy(port)
            }
            for channel in idle.prefix(20) { try await channel.closeFuture.get() }
            await source.release()
            #expect(try await busy?.status == "HTTP/1.1 200 OK")
            for channel in idle { try? await channel.close() }
        }
    }

    @Test func newConnectionIsClosedIfAllAreBusy() async throws {
        let source = StubSource(ExporterFixtures.small())
        try await TestServer.run(source, configure: { $0.limits.connections = 1 }) {
            port async throws in
            await source.hold()
            async let busy = LoopbackClient.send(port, "/metrics")
            while await source.calls == 0 { await Task.yield() }
            let bytes = try? await LoopbackClient.exchange(port, Array(Self.healthy.utf8))
            #expect(bytes?.isEmpty != false)
            await source.release()
            #expect(try await busy?.status == "HTTP/1.1 200 OK")
            try await expectHealthy(port)
        }
    }

    @Test func moreRequestsThanAllowedAreRefused() async throws {
        let source = StubSource(ExporterFixtures.small())
        try await TestServer.run(source, configure: { $0.mostRequests = 1 }) { port async throws in
            await source.hold()
            async let busy = LoopbackClient.send(port, "/metrics")
            while await source.calls == 0 { await Task.yield() }
            let second = try #require(try await LoopbackClient.send(port, "/metrics"))
            #expect(second.status == "HTTP/1.1 503 Service Unavailable")
            try await expectHealthy(port)
            await source.release()
            #expect(try await busy?.status == "HTTP/1.1 200 OK")
            let third = try #require(try await LoopbackClient.send(port, "/metrics"))
            #expect(third.status == "HTTP/1.1 200 OK")
        }
    }

    @Test func scrapeWithoutASampleFailsWithinItsTimeout() async throws {
        let source = StubSource(ExporterFixtures.small())
        try await TestServer.run(source) { port async throws in
            await source.hold()
            for (timeout, least) in [("0.8", 0.4), ("0.2", 0.1)] {
                let start = ContinuousClock.now
                let answer = try #require(
                    try await LoopbackClient.send(
                        port, "/metrics", ["X-Prometheus-Scrape-Timeout-Seconds": timeout]))
                let time = start.duration(to: .now)
                #expect(answer.status == "HTTP/1.1 503 Service Unavailable")
                #expect(answer.text.contains("was not ready within"))
                #expect(time >= .seconds(least))
                // Without the header it is a minute, and another test may keep this one waiting.
                #expect(time < .seconds(30))
            }
            await source.release()
            let answer = try #require(
                try await LoopbackClient.send(
                    port, "/metrics", ["X-Prometheus-Scrape-Timeout-Seconds": "10"]))
            #expect(answer.status == "HTTP/1.1 200 OK")
        }
    }
}

/// A response, counted in bytes.
private final class UnreadAnswer: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer
    let channel = Mutex<(any Channel)?>(nil)
    private let count = Atomic(0)

    /// The number of bytes received, headers included.
    var bytes: Int { count.load(ordering: .relaxed) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        count.add(unwrapInboundIn(data).readableBytes, ordering: .relaxed)
    }

    /// Reads to the end and returns the number of bytes.
    func rest() async throws -> Int {
        guard let channel = channel.withLock({ $0 }) else { return 0 }
        try await channel.setOption(.autoRead, value: true).get()
        try? await channel.closeFuture.get()
        return bytes
    }

    func leave() async throws { try? await channel.withLock { $0 }?.close() }
}
#endif
