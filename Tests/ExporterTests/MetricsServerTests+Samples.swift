#if Exporter
import CgroupModel
import Exporter
import Foundation
import Logging
import NIOCore
import Synchronization
import TestSupport
import Testing

/// Which samples are served, and when the server ends.
extension MetricsServerTests {
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
            builder.add("/other", ["memory.current": Reading(5)])
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
                ["memory.current": Reading(UInt64(number)), "pids.current": Reading(1)])
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
                MetricsServer.Configuration(addresses: [address], version: "1"), source: source,
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
            MetricsServer.Configuration(addresses: [address], version: "1"), source: source,
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
            MetricsServer.Configuration(addresses: [address], version: "1"), source: source,
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
