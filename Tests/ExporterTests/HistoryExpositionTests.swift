import CgroupModel
import TestSupport
import Testing

@testable import Exporter

/// OpenMetrics text of the past.
@Suite struct HistoryExpositionTests {
    private static func samples() -> [Snapshot] {
        (0..<UInt64(20)).map { second in
            var builder = SnapshotBuilder()
            builder.tick = second
            for name in ["/a", "/b", "/c"] where name != "/c" || second % 2 == 0 {
                builder.add(
                    name,
                    [
                        "memory.current": Reading(second), "memory.max": .unlimited,
                        "cpu.usage_usec": Reading(second * 1_500_000),
                    ])
                builder.instance("io.rbytes", InstanceKey(major: 8, minor: 0), second)
                builder.instance("io.rbytes", InstanceKey(major: 8, minor: 16), second * 2)
            }
            return builder.build()
        }
    }

    /// Returns the text, and how often the samples were read.
    private static func text(
        _ samples: [Snapshot], most: Int = 1_000_000, metrics: [String]? = nil
    ) throws -> (text: String, passes: Int) {
        var exposition = HistoryExposition(
            metrics: metrics?.compactMap { MetricCatalog.metric(named: $0)?.id },
            isWanted: { _ in true },
            deviceName: { $0 == InstanceKey(major: 8, minor: 0) ? "sda" : nil }, most: most)
        var bytes: [UInt8] = []
        var passes = 0
        try exposition.write(
            from: { body in
                passes += 1
                for sample in samples { guard try body(sample) else { return } }
            }, to: { bytes += $0 })
        return (String(decoding: bytes, as: UTF8.self), passes)
    }

    @Test func pointsOfASeriesAreTogetherAndAscend() throws {
        let lines = try Self.text(Self.samples()).text.split(separator: "\n")
        let heads = lines.filter { !$0.hasPrefix("#") }.map { line in
            line.split(separator: " ").dropLast(2).joined(separator: " ")
        }
        var seen: Set<String> = []
        for (place, head) in heads.enumerated() where place == 0 || heads[place - 1] != head {
            #expect(seen.insert(head).inserted, "\(head) is in two places")
        }
        var families: Set<Substring> = []
        for line in lines where line.hasPrefix("# TYPE") {
            #expect(families.insert(line).inserted, "\(line)")
        }
        #expect(
            seen.contains("cgroup_io_read_bytes_total{cgroup=\"/a\",device=\"sda\"}"), "\(seen)")
        #expect(seen.contains("cgroup_io_read_bytes_total{cgroup=\"/a\",device=\"8:16\"}"))
    }

    @Test func valuesAndTimesAreExact() throws {
        let text = try Self.text(Self.samples(), metrics: ["cpu.usage_usec"]).text
        #expect(text.contains("{cgroup=\"/a\"} 4.5 1790000003\n"), "\(text)")
        #expect(text.contains("# TYPE cgroup_cpu_usage_seconds counter\n"), "\(text)")
    }

    @Test(arguments: [1, 7, 40, 100]) func boundedMemoryGivesTheSameText(most: Int) throws {
        let (whole, twoPasses) = try Self.text(Self.samples())
        let (parts, manyPasses) = try Self.text(Self.samples(), most: most)
        #expect(parts == whole)
        #expect(twoPasses == 2 && manyPasses > 2)
    }

    @Test func otherMetricsAreLeftOut() throws {
        let text = try Self.text(Self.samples(), metrics: ["memory.max", "memory.current"]).text
        // A limit that is not set has no points.
        #expect(text.split(separator: "\n").filter { $0.hasPrefix("# TYPE") }.count == 1)
    }

    @Test func clockSetBackGivesNoPointTwice() throws {
        var samples = Self.samples()
        samples.append(contentsOf: samples[5..<10])
        #expect(try Self.text(samples).text == Self.text(Self.samples()).text)
    }
}
