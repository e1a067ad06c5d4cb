#if Exporter
import CgroupModel
import Events
import Exporter
import Foundation
import TestSupport
import Testing

/// `/api/v1/events`, as JSON and as a stream.
@Suite(.timeLimit(.minutes(15))) struct EventsAddressTests {
    private let store: EventStore

    init() {
        var bounds = EventStore.Bounds()
        bounds.count = 100
        store = EventStore(bounds)
    }

    private func enter(_ range: ClosedRange<UInt64>, _ kind: EventKind = .born) {
        _ = store.append(
            range.map {
                Event(
                    kind, EventTime(wall: $0 * 1_000_000, boot: $0),
                    EventCgroup(CgroupPath("/c\($0)")))
            })
    }

    private func serve(
        most: Int = 32, _ body: @escaping @Sendable (Int) async throws -> Void
    ) async throws {
        try await TestServer.run(
            configure: {
                $0.events = store
                $0.mostStreams = most
                $0.streamKeepAlive = .milliseconds(20)
                $0.gracePeriod = .seconds(30)
            }, body)
    }

    private static func events(_ port: Int, _ query: String) async throws -> [[String: Any]] {
        let response = try #require(
            try await LoopbackClient.send(port, "/api/v1/events\(query)"))
        #expect(response.status == "HTTP/1.1 200 OK", "\(response.text)")
        let object = try JSONSerialization.jsonObject(with: Data(response.body))
        return try #require((object as? [String: Any])?["events"] as? [[String: Any]])
    }

    @Test func queryHasTheFiltersOfTheCommand() async throws {
        enter(1...3)
        enter(4...5, .died)
        try await serve { port in
            func serials(_ query: String) async throws -> [Int] {
                try await Self.events(port, query).compactMap { $0["serial"] as? Int }
            }
            #expect(try await serials("") == [1, 2, 3, 4, 5])
            #expect(try await serials("?kind=died,oom-kill") == [4, 5])
            #expect(try await serials("?cgroup=/c[2-4]") == [2, 3, 4])
            #expect(try await serials("?cgroup=%2F**&n=2") == [4, 5])
            #expect(try await serials("?since=2&until=1970-01-01T00:00:04Z") == [2, 3, 4])
            #expect(try await serials("?since=-1h").isEmpty)
            let event = try #require(try await Self.events(port, "?n=1").first)
            #expect(event["kind"] as? String == "died" && event["path"] as? String == "/c5")
            #expect(event["text"] as? String == "removed")
        }
    }

    @Test(arguments: [
        ("kind=death", "no kind of event is named death"), ("n=0", "n must be at least 1"),
        ("n=many", "n must be at least 1"), ("since=soon", "soon is not a time"),
        ("cgroup=%5Ba", "the pattern [a has an unclosed bracket"),
        ("kinds=died", "unknown parameter kinds"),
        ("cgroup=/" + String(repeating: "%7B%7D", count: 200), "a pattern has at most 256 bytes"),
        ("cgroup=/" + String(repeating: "**a", count: 9), "a pattern has at most 256 bytes"),
    ])
    func mistakesAreExplained(query: String, message: String) async throws {
        try await serve { port in
            let response = try await LoopbackClient.send(port, "/api/v1/events?\(query)")
            #expect(response?.status == "HTTP/1.1 400 Bad Request")
            #expect(response?.text.hasPrefix(message) == true, "\(response?.text ?? "")")
        }
    }

    @Test func withoutAStoreNoEventsAreServed() async throws {
        try await TestServer.run { port in
            let response = try await LoopbackClient.send(port, "/api/v1/events")
            #expect(response?.status == "HTTP/1.1 404 Not Found")
        }
    }

    private static let stream = ["Accept": "text/event-stream"]

    private static func reader(
        _ port: Int, _ query: String = "", _ headers: [String: String] = [:], reads: Bool = true
    ) async throws -> StreamClient {
        try await StreamClient(
            port, path: "/api/v1/events\(query)", stream.merging(headers) { $1 }, reads: reads)
    }

    @Test func streamHasEachNewEventWithItsNumber() async throws {
        enter(1...3)
        try await serve { [self] port in
            let reader = try await Self.reader(port)
            try await reader.wait("comment") { $0.text.contains(": still here") }
            #expect(reader.serials.isEmpty)
            enter(4...5)
            enter(6...6, .died)
            try await reader.wait("events") { $0.serials == [4, 5, 6] }
            #expect(reader.text.contains("\"kind\":\"died\",\"path\":\"/c6\""))
        }
    }

    @Test func streamBeginsWithThePastOrWhereTheReaderWas() async throws {
        enter(1...9)
        try await serve { [self] port in
            let past = try await Self.reader(port, "?n=2&kind=born")
            let back = try await Self.reader(port, "", ["Last-Event-ID": "6"])
            try await past.wait("past") { $0.serials == [8, 9] }
            try await back.wait("rest") { $0.serials == [7, 8, 9] }
            enter(10...10)
            try await past.wait("news") { $0.serials == [8, 9, 10] }
            try await back.wait("news") { $0.serials == [7, 8, 9, 10] }
        }
    }

    @Test func slowReaderGetsTheNumberOfMissedEvents() async throws {
        enter(1...500)
        try await serve { port in
            let reader = try await Self.reader(port, "", ["Last-Event-ID": "300"])
            try await reader.wait("the rest") { $0.serials.last == 500 }
            #expect(reader.serials == Array(401...500))
            #expect(reader.text.contains("event: lost\ndata: {\"count\":100}\n\n"))
        }
    }

    @Test func readersAreBoundedAndALeavingOneMakesRoom() async throws {
        try await serve(most: 1) { port in
            let first = try await Self.reader(port)
            try await first.wait("comment") { $0.text.contains(": still here") }
            let second = try await LoopbackClient.send(
                port, "/api/v1/events", Self.stream)
            #expect(second?.status == "HTTP/1.1 503 Service Unavailable")
            try await first.leave()
            for _ in 0..<1000 {
                let third = try await Self.reader(port)
                try await third.wait("answer") { $0.text.contains("\r\n\r\n") }
                if third.text.hasPrefix("HTTP/1.1 200") { return }
                try await Task.sleep(for: .milliseconds(20))
            }
            Issue.record("the slot is still taken")
        }
    }

    @Test func stopEndsTheStream() async throws {
        let (readers, continuation) = AsyncStream.makeStream(of: StreamClient.self)
        try await serve { port in
            let reader = try await Self.reader(port)
            try await reader.wait("comment") { $0.text.contains(": still here") }
            continuation.yield(reader)
            continuation.finish()
        }
        for await reader in readers { try await reader.end() }
    }
}
#endif
