#if Exporter
import CgroupModel
import Exporter
import Foundation
import TestSupport
import Testing

/// `/api/v1/stream`: an event for each new sample, and what becomes of readers.
@Suite(.timeLimit(.minutes(15))) struct StreamTests {
    private let source = StubSource(ExporterFixtures.small())

    /// Events come at the pace of the keep-alive where that is faster.
    private func serve(
        most: Int = 32, keepAlive: Duration = .milliseconds(20), patience: Duration = .seconds(60),
        _ body: @escaping @Sendable (Int) async throws -> Void
    ) async throws {
        try await TestServer.run(
            source,
            configure: {
                $0.mostStreams = most
                $0.streamKeepAlive = keepAlive
                $0.limits.writeTime = patience
                $0.gracePeriod = .seconds(30)
            }, body)
    }

    @Test func eachSampleIsOneEvent() async throws {
        try await serve { [source] port in
            let reader = try await StreamClient(port)
            try await reader.wait("first sample") { $0.ticks == [1] }
            let head = try #require(reader.text.components(separatedBy: "\r\n\r\n").first)
            let lines = head.lowercased().components(separatedBy: "\r\n")
            #expect(lines.first == "http/1.1 200 ok")
            for header in [
                "content-type: text/event-stream", "cache-control: no-store",
                "x-accel-buffering: no", "transfer-encoding: chunked",
            ] { #expect(lines.contains(header), "\(header) in \(head)") }
            #expect(!head.lowercased().contains("content-length"))
            // The same sample is not sent again; a comment keeps the connection alive.
            try await reader.wait("comment") { $0.text.contains("\r\n: still here\n\n\r\n") }
            #expect(reader.ticks == [1])
            await source.set(ExporterFixtures.small(tick: 2))
            try await reader.wait("second sample") { $0.ticks == [1, 2] }
            let json = try #require(try await LoopbackClient.send(port, "/api/v1/snapshot"))
            #expect(reader.events.last == "event: snapshot\nid: 2\ndata: \(json.text)\n\n")
        }
    }

    @Test func newReaderGetsTheCurrentSampleImmediately() async throws {
        try await serve(keepAlive: .seconds(60)) { port in
            let first = try await StreamClient(port)
            try await first.wait("sample") { $0.ticks == [1] }
            let second = try await StreamClient(port)
            try await second.wait("sample") { $0.ticks == [1] }
        }
    }

    @Test func failedSampleIsReportedOnce() async throws {
        try await serve { [source] port in
            let reader = try await StreamClient(port)
            try await reader.wait("sample") { $0.ticks == [1] }
            await source.fail("the cgroup tree\nis \"not\" mounted")
            try await reader.wait("comment after the failure") {
                let text = $0.text
                return text.range(of: "event: failure").map {
                    text[$0.upperBound...].contains(": still here")
                } ?? false
            }
            #expect(
                reader.events.filter { $0.hasPrefix("event: failure") } == [
                    "event: failure\ndata: \"the cgroup tree\\nis \\\"not\\\" mounted\"\n\n"
                ])
            await source.set(ExporterFixtures.small(tick: 2))
            try await reader.wait("sample after the failure") { $0.ticks == [1, 2] }
        }
    }

    /// It got the sample before the failure, or nothing.
    @Test func readerThatJoinsDuringAFailureGetsItFirst() async throws {
        try await serve(keepAlive: .seconds(60)) { [source] port in
            let gone = "event: failure\ndata: \"gone\"\n\n"
            let first = try await StreamClient(port)
            try await first.wait("sample") { $0.ticks == [1] }
            await source.fail("gone")
            try await first.wait("failure") { $0.events.last == gone }
            let second = try await StreamClient(port)
            try await second.wait("failure") { $0.events == [gone] }
            // The sample from before is the present one again.
            await source.set(ExporterFixtures.small())
            try await first.wait("sample after the failure") { $0.ticks == [1, 1] }
            try await second.wait("sample after the failure") { $0.ticks == [1] }
        }
    }

    @Test func readersAreLimitedAndSlotsReleased() async throws {
        try await serve(most: 2) { port in
            // A HEAD takes no place.
            for _ in 0..<3 {
                let head = try #require(
                    try await LoopbackClient.send(port, "/api/v1/stream", method: "HEAD"))
                #expect(head.status == "HTTP/1.1 200 OK")
            }
            let readers = [try await StreamClient(port), try await StreamClient(port)]
            for reader in readers { try await reader.wait("sample") { $0.ticks == [1] } }
            let refused = try #require(try await LoopbackClient.send(port, "/api/v1/stream"))
            #expect(refused.status == "HTTP/1.1 503 Service Unavailable")
            #expect(refused.headers["retry-after"] == "10")
            try await readers[0].leave()
            try await Self.awaitPlace(port)
            #expect(readers[1].ticks == [1])
        }
    }

    /// Asks until there is a place.
    private static func awaitPlace(_ port: Int) async throws {
        let end = ContinuousClock.now + .seconds(120)
        while true {
            let reader = try await StreamClient(port)
            try await reader.wait("answer") { $0.text.contains("\r\n\r\n") }
            if reader.text.hasPrefix("HTTP/1.1 200") { return }
            try #require(ContinuousClock.now < end, "no place was given back")
        }
    }

    @Test func readerThatReadsNothingLosesItsSlot() async throws {
        // More than the buffers of any socket take.
        await source.set(Self.big(20_000))
        try await serve(most: 1, patience: .seconds(1)) { port in
            let stuck = try await StreamClient(port, reads: false)
            try await Self.awaitPlace(port)
            #expect(stuck.text.isEmpty)
        }
    }

    /// A sample of 300 names of this length.
    private static func big(_ length: Int) -> Snapshot {
        var builder = SnapshotBuilder()
        for number in 0..<300 {
            builder.add(
                "/\(number)" + String(repeating: "x", count: length), ["pids.current": Reading(1)])
        }
        return builder.build()
    }

    @Test func nothingIsSampledWithoutAReader() async throws {
        try await serve { [source] port in
            let reader = try await StreamClient(port)
            try await reader.wait("sample") { $0.ticks == [1] }
            try await reader.leave()
            // Asked for until the leaving is noticed, and then no more.
            var calls = await source.calls
            for _ in 0..<100 {
                try await Task.sleep(for: .milliseconds(100))
                let now = await source.calls
                if now == calls { return }
                calls = now
            }
            Issue.record("the source is still asked")
        }
    }

    @Test func slowReaderMissesSamplesWithoutDelayingOthers() async throws {
        let first = Self.big(4000)
        let samples = (2...16).map { tick in
            Snapshot(
                tick: UInt64(tick), wallTime: first.wallTime, tierTimes: first.tierTimes,
                schema: first.schema, cgroups: first.cgroups, blocks: first.blocks,
                host: first.host, health: first.health)
        }
        await source.set(first)
        try await serve(patience: .seconds(3600)) { [source] port in
            let slow = try await StreamClient(port, reads: false)
            let quick = try await StreamClient(port)
            for sample in samples {
                try await quick.wait("sample") { $0.ticks.last == Int(sample.tick) - 1 }
                await source.set(sample)
            }
            try await quick.wait("last sample") { $0.ticks.last == samples.count + 1 }
            #expect(quick.ticks == Array(1...samples.count + 1))
            #expect(slow.text.isEmpty)
            try await slow.read()
            try await slow.wait("last sample") { $0.ticks.last == samples.count + 1 }
            // It received what fits into the sockets, plus one sample on each side.
            #expect(slow.ticks.count <= samples.count - 5)
            #expect(slow.ticks == slow.ticks.sorted())
        }
    }

    @Test func stopEndsTheStream() async throws {
        let (readers, continuation) = AsyncStream.makeStream(of: StreamClient.self)
        try await serve(keepAlive: .seconds(60)) { port in
            let reader = try await StreamClient(port)
            try await reader.wait("sample") { $0.ticks == [1] }
            continuation.yield(reader)
            continuation.finish()
        }
        for await reader in readers {
            try await reader.end()
            #expect(reader.text.hasSuffix("\r\n0\r\n\r\n"))
        }
    }
}
#endif
