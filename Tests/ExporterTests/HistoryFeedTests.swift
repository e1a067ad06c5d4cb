#if Exporter
import CgroupModel
import TestSupport
import Testing

@testable import Exporter

/// Questions about the past are answered one after another, so none may take long.
@Suite struct HistoryFeedTests {
    /// Endless samples.
    private struct Endless: PastReader {
        var span: ClosedRange<UInt64>? { 0...UInt64.max }

        mutating func snapshot(at time: UInt64) throws -> Snapshot? { nil }

        mutating func samples(
            _ range: ClosedRange<UInt64>, step: UInt64?, only metrics: Set<MetricID>?,
            _ body: (Snapshot) throws -> Bool
        ) throws {
            let sample = SnapshotBuilder().build()
            while try body(sample) {}
        }
    }

    @Test func searchThatTakesTooLongEndsWithAdvice() async throws {
        let feed = HistoryFeed(version: "1", most: 1, longest: .milliseconds(20)) { Endless() }
        let query = try RangeQuery(
            "cgroup=/a&fields=memory.current&from=1000&to=2000&step=1s", now: 3_000_000_000)
        let mistake = await #expect(throws: RangeQuery.Mistake.self) {
            try await feed.range(query)
        }
        #expect(mistake?.description.contains("use a longer step") == true)
    }
}
#endif
