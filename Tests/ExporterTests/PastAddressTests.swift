#if Exporter
import CgroupModel
import Exporter
import Foundation
import Synchronization
import TestSupport
import Testing

/// `/api/v1/snapshot?at=` and `/api/v1/range`.
@Suite(.timeLimit(.minutes(15))) struct PastAddressTests {
    /// Samples a second apart, with rates since the one before that was asked for.
    private struct Samples: PastReader {
        static let start: UInt64 = 1_790_000_000

        let count: UInt64
        let cgroups: Int

        var span: ClosedRange<UInt64>? {
            Self.start * 1_000_000...(Self.start + count - 1) * 1_000_000
        }

        func snapshot(_ second: UInt64, since: UInt64 = 1) -> Snapshot {
            var builder = SnapshotBuilder()
            builder.tick = second
            builder.seconds = Double(since)
            for number in 0..<cgroups where number == 0 || second >= 10 {
                builder.add(
                    "/c\(number)",
                    [
                        "memory.current": Reading(second), "memory.max": .unlimited,
                        "cpu.usage_usec": Reading(second * second),
                    ],
                    before: [
                        "cpu.usage_usec": second < since
                            ? .absent : Reading((second - since) * (second - since))
                    ])
            }
            return builder.build()
        }

        mutating func snapshot(at time: UInt64) throws -> Snapshot? {
            let second = time / 1_000_000
            guard second >= Self.start else { return nil }
            return snapshot(min(second - Self.start, count - 1))
        }

        mutating func samples(
            _ range: ClosedRange<UInt64>, step: UInt64?, only metrics: Set<MetricID>?,
            _ body: (Snapshot) throws -> Bool
        ) throws {
            let seconds = max((step ?? 0) / 1_000_000, 1)
            for second in stride(from: 0, to: count, by: Int(seconds)) {
                let snapshot = snapshot(second, since: seconds)
                guard range.contains(snapshot.wallTime) else { continue }
                guard try body(snapshot) else { return }
            }
        }
    }

    private func serve(
        count: UInt64 = 100, cgroups: Int = 2, isPresent: Bool = true,
        _ body: @escaping @Sendable (Int) async throws -> Void
    ) async throws {
        try await TestServer.run(
            configure: {
                $0.past = { isPresent ? Samples(count: count, cgroups: cgroups) : nil }
            }, body)
    }

    private static func get(_ port: Int, _ path: String) async throws -> RawResponse {
        try #require(try await LoopbackClient.send(port, "/api/v1/" + path))
    }

    private static func object(_ port: Int, _ path: String) async throws -> [String: Any] {
        let response = try await get(port, path)
        #expect(response.status == "HTTP/1.1 200 OK", "\(response.text)")
        let object = try JSONSerialization.jsonObject(with: Data(response.body))
        return try #require(object as? [String: Any])
    }

    @Test func snapshotAtATimeHasTheUsualForm() async throws {
        try await serve { port in
            let past = try await Self.object(port, "snapshot?at=1790000050")
            #expect(past["time"] as? Int == 1_790_000_050)
            let cgroups = try #require(past["cgroups"] as? [[String: Any]])
            #expect(cgroups.map { $0["path"] as? String } == ["/c0", "/c1"])
            #expect(cgroups[0]["memory.current"] as? Int == 50)
            let present = try await Self.object(port, "snapshot")
            #expect(present["time"] as? Int != 1_790_000_050)
            #expect(Set(present.keys) == Set(past.keys))
        }
    }

    @Test func snapshotAfterATimeIsTheNextOne() async throws {
        try await serve { port in
            let next = try await Self.object(port, "snapshot?after=@1790000050.000000")
            #expect(next["time"] as? Int == 1_790_000_051)
            let last = try await Self.get(port, "snapshot?after=@1790000099.000000")
            #expect(last.status == "HTTP/1.1 404 Not Found")
            #expect(last.text.contains("no sample at this time"), "\(last.text)")
            let both = try await Self.object(
                port, "snapshot?after=@1790000050.000000&format=json")
            #expect(both["time"] as? Int == 1_790_000_051)
        }
    }

    @Test func recordingIsAFormOfEverySnapshot() async throws {
        try await TestServer.run(configure: {
            $0.past = { Samples(count: 100, cgroups: 2) }
            $0.recording = { Array("recorded \($0.wallTime)".utf8) }
        }) { port in
            let past = try await Self.get(port, "snapshot?format=recording&at=1790000050")
            #expect(past.text.hasSuffix("recorded 1790000050000000"), "\(past.text)")
            #expect(past.headers["content-type"] == "application/octet-stream")
            let now = try await Self.get(port, "snapshot?format=recording")
            #expect(now.text.contains("recorded "), "\(now.text)")
            let other = try await Self.get(port, "snapshot?format=xml")
            #expect(other.status == "HTTP/1.1 400 Bad Request")
            #expect(other.text.contains("format must be json or recording"))
        }
        try await serve { port in
            let none = try await Self.get(port, "snapshot?format=recording")
            #expect(none.status == "HTTP/1.1 400 Bad Request")
        }
    }

    @Test func rangeHasAListPerFieldInTheOrderOfTheTimes() async throws {
        try await serve { port in
            let range = try await Self.object(
                port,
                "range?cgroup=/c*&fields=memory.current,cpu.usage_usec.rate,memory.max"
                    + "&from=1790000004&to=1790000012&step=4s")
            #expect(range["times"] as? [Int] == [1_790_000_004, 1_790_000_008, 1_790_000_012])
            #expect(range["step"] as? Int == 4)
            let cgroups = try #require(range["cgroups"] as? [[String: Any]])
            #expect(cgroups.map { $0["path"] as? String } == ["/c0", "/c1"])
            let first = try #require(cgroups[0]["fields"] as? [String: [Any]])
            #expect(first["memory.current"] as? [Int] == [4, 8, 12])
            // (8² - 4²) / 4 s
            #expect(first["cpu.usage_usec.rate"] as? [Int] == [4, 12, 20])
            #expect(first["memory.max"] as? [String] == ["max", "max", "max"])
            // A cgroup that did not exist has no values, not zeros.
            let second = try #require(cgroups[1]["fields"] as? [String: [Any]])
            #expect(second["memory.current"]?[0] is NSNull)
            #expect(second["memory.current"]?[1] is NSNull)
            #expect(second["memory.current"]?[2] as? Int == 12)
        }
    }

    @Test(arguments: [
        ("range?fields=memory.current", "no cgroup given"),
        ("range?cgroup=/a", "no fields given"),
        ("range?cgroup=/a&fields=memory.curent", "unknown field"),
        ("range?cgroup=%5Ba&fields=memory.current", "the pattern [a has an unclosed bracket"),
        ("range?cgroup=/a&fields=memory.current&from=soon", "from: soon is not a time"),
        ("range?cgroup=/a&fields=memory.current&from=4000000000", "from: 4000000000 is in the fut"),
        ("range?cgroup=/a&fields=memory.current&from=20&to=10", "to is before from"),
        ("range?cgroup=/a&fields=memory.current&step=often", "step: often is not a time"),
        ("range?cgroup=/a&fields=memory.current&from=-30d&step=1s", "2592001 points, but at most"),
        ("range?cgroup=/a&fields=memory.current&at=-1h", "unknown parameter at"),
        ("snapshot?at=soon", "at: soon is not a time"),
        ("snapshot?at=4000000000", "at: 4000000000 is in the future"),
        ("snapshot?since=-1h", "unknown parameter since"),
        (
            "range?cgroup=/a&fields="
                + Array(repeating: "memory.current", count: 33).joined(separator: ","),
            "33 fields, but at most 32"
        ),
    ]) func mistakesAreExplained(path: String, message: String) async throws {
        try await serve { port in
            let response = try await Self.get(port, path)
            #expect(response.status == "HTTP/1.1 400 Bad Request")
            #expect(response.text.hasPrefix(message), "\(response.text)")
            #expect(response.text.split(separator: "\n").count == 1)
        }
    }

    @Test func answerThatWouldBeTooLargeIsRefused() async throws {
        try await serve(count: 1100, cgroups: 20) { port in
            let fields = Array(repeating: "memory.current", count: 32).joined(separator: ",")
            let query = "cgroup=/**&fields=\(fields)&from=1790000000&to=1790001099&step=1s"
            let response = try await Self.get(port, "range?" + query)
            #expect(response.status == "HTTP/1.1 400 Bad Request")
            #expect(response.text.hasPrefix("more than 500000 values"), "\(response.text)")
        }
    }

    @Test func spanIsKnown() async throws {
        try await serve { port in
            let span = try await Self.object(port, "history")
            #expect(span["first"] as? Int == 1_790_000_000)
            #expect(span["last"] as? Int == 1_790_000_099)
        }
        try await serve(isPresent: false) { port in
            let span = try await Self.object(port, "history")
            #expect(span.isEmpty)
        }
    }

    @Test func withoutAHistoryThereIsNothing() async throws {
        try await serve(isPresent: false) { port in
            for path in ["snapshot?at=-1h", "range?cgroup=/a&fields=memory.current"] {
                let response = try await Self.get(port, path)
                #expect(response.status == "HTTP/1.1 404 Not Found")
            }
        }
        try await TestServer.run { port in
            let response = try await Self.get(port, "snapshot?at=-1h")
            #expect(response.status == "HTTP/1.1 404 Not Found")
        }
    }

    @Test func timeBeforeTheHistoryIsNotFound() async throws {
        try await serve { port in
            let response = try await Self.get(port, "snapshot?at=1000")
            #expect(response.status == "HTTP/1.1 404 Not Found")
            #expect(response.text.hasPrefix("no sample at this time"), "\(response.text)")
        }
    }

    /// A search holds neither the threads that serve nor other clients.
    @Test func slowSearchDelaysNoOtherRequest() async throws {
        let gate = Gate()
        try await TestServer.run(
            configure: {
                $0.past = {
                    while !gate.isOpen.withLock({ $0 }) { usleep(1000) }
                    return nil
                }
            },
            { port in
                let (statuses, answered) = AsyncStream.makeStream(of: String.self)
                for _ in 0..<50 {
                    Task {
                        let response = try? await Self.get(port, "snapshot?at=-1h")
                        answered.yield(response?.status ?? "none")
                    }
                }
                // Four wait; the others are refused, so they take no room from scrapes.
                var next = statuses.makeAsyncIterator()
                for _ in 0..<46 {
                    let status = await next.next()
                    #expect(status == "HTTP/1.1 503 Service Unavailable")
                }
                for _ in 0..<8 {
                    let response = try await Self.get(port, "snapshot")
                    #expect(response.status == "HTTP/1.1 200 OK")
                }
                gate.isOpen.withLock { $0 = true }
                for _ in 0..<4 {
                    let status = await next.next()
                    #expect(status == "HTTP/1.1 404 Not Found")
                }
            })
    }

    private final class Gate: Sendable {
        let isOpen = Mutex(false)
    }
}
#endif
