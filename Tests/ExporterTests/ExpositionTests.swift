import CgroupModel
import Exporter
import Foundation
import Synchronization
import TestSupport
import Testing

@Suite struct ExpositionTests {
    @Test(arguments: [(ExpositionFormat.text, "small.prom"), (.openMetrics, "small.om")])
    func smallSnapshotMatchesTheGoldenFile(format: ExpositionFormat, file: String) throws {
        try expectGolden(ExporterFixtures.text(ExporterFixtures.small(), format), file)
    }

    @Test(arguments: Example.allCases)
    func bothFormatsAreValidAndEqual(example: Example) throws {
        let snapshot = example.snapshot
        let text = try ParsedExposition(
            ExporterFixtures.text(snapshot, .text), openMetrics: false)
        let openMetrics = try ParsedExposition(
            ExporterFixtures.text(snapshot, .openMetrics), openMetrics: true)
        #expect(text.samples == openMetrics.samples)
        #expect(text.value("cgwarden_series") == "\(text.samples.count)")
        #expect(text.value("cgwarden_cgroups") == "\(snapshot.cgroups.count)")
    }

    @Test func everyExportedRowHasAFamilyWithItsUnit() throws {
        var builder = SnapshotBuilder()
        let exported = MetricCatalog.all.filter { $0.family != nil }
        let plain = exported.filter { $0.dimension == nil }
        builder.add(
            "/a", Dictionary(uniqueKeysWithValues: plain.map { ($0.name, Reading(1_000_000)) }))
        for metric in exported where metric.dimension != nil {
            builder.instance(metric.name, ExporterFixtures.disk, 1_000_000)
        }
        let parsed = try ParsedExposition(
            ExporterFixtures.text(builder.build(), .openMetrics, .everything), openMetrics: true)
        for metric in exported {
            let family = try #require(metric.family)
            let sample = try #require(parsed.samples.first { $0.name == family }, "\(family)")
            let value =
                switch metric.unit {
                case .microseconds: "1"
                case .percentHundredths: "100"
                default: "1000000"
                }
            #expect(sample.value == value, "\(family)")
        }
        for (family, unit) in parsed.units { #expect(family.hasSuffix("_" + unit)) }
        #expect(parsed.units["cgroup_cpu_usage_seconds"] == "seconds")
        #expect(parsed.units["cgroup_memory_current_bytes"] == "bytes")
        #expect(parsed.units["cgroup_pids_current"] == nil)
    }

    @Test func namesArePreservedAndInvalidBytesEscaped() throws {
        let snapshot = ExporterFixtures.hostile()
        for format in ExpositionFormat.allCases {
            let parsed = try ParsedExposition(
                ExporterFixtures.text(snapshot, format), openMetrics: format == .openMetrics)
            let usage = parsed.samples.filter { $0.name == "cgroup_memory_current_bytes" }
            #expect(usage.map { $0.labels["cgroup"] } == snapshot.cgroups.map(\.path.description))
            let names = Set(usage.compactMap { $0.labels["cgroup"] })
            #expect(
                names.isSuperset(of: ["/say \"hi\"", #"/dev-disk-by\x2duuid.swap"#, "/back\\"]))
            #expect(names.isSuperset(of: [#"/b\xffad"#, #"/\xc3"#, "/übung/日本/🐧"]))
        }
    }

    @Test func namesThatResembleAnEscapeAreDistinct() throws {
        var builder = SnapshotBuilder()
        builder.add(bytes: [0x2f, 0xff], ["memory.current": Reading(1)])
        builder.add(#"/\xff"#, ["memory.current": Reading(2)])
        let parsed = try ParsedExposition(
            ExporterFixtures.text(builder.build(), .text), openMetrics: false)
        let usage = parsed.samples.filter { $0.name == "cgroup_memory_current_bytes" }
        #expect(Set(usage.compactMap { $0.labels["cgroup"] }) == [#"/\xff"#, #"/\x5cxff"#])
        #expect(parsed.value("cgwarden_cgroups_dropped", ["reason": "label_clash"]) == "0")
    }

    @Test func valueThatIsNotANumberHasNoSeries() throws {
        let reasons: [Reading] = [
            .absent, .unlimited, .unsupported, .notPermitted, .gone, .malformed,
        ]
        var builder = SnapshotBuilder()
        for (number, reason) in reasons.enumerated() {
            builder.add("/\(number)", ["memory.max": reason, "memory.current": reason])
        }
        let text = ExporterFixtures.text(builder.build(), .text)
        #expect(!text.contains("cgroup_memory_max_bytes"))
        #expect(!text.contains("cgroup_memory_current_bytes"))
        #expect(!text.contains("cgroup_memory_effective_max_bytes"))
    }

    @Test func effectiveLimitComesFromAnAncestor() throws {
        let parsed = try ParsedExposition(
            ExporterFixtures.text(ExporterFixtures.small(), .text), openMetrics: false)
        let service = ["cgroup": "/system.slice/ssh.service"]
        #expect(parsed.value("cgroup_memory_effective_max_bytes", service) == "16777216")
        #expect(parsed.value("cgroup_memory_max_bytes", service) == nil)
        #expect(parsed.value("cgroup_memory_effective_max_bytes", ["cgroup": "/"]) == nil)
    }

    @Test func seriesOfARemovedCgroupEndImmediately() throws {
        var encoder = ExporterFixtures.encoder()
        var first = SnapshotBuilder()
        first.add("/stays", inode: 1, generation: 1, ["memory.current": Reading(1)])
        first.add("/goes", inode: 2, generation: 2, ["memory.current": Reading(2)])
        encoder.encode(first.build(), process: ProcessSample(), as: .text)
        #expect(String(decoding: encoder.bytes, as: UTF8.self).contains("/goes"))
        var second = SnapshotBuilder()
        second.tick = 2
        second.add("/stays", inode: 1, generation: 1, ["memory.current": Reading(3)])
        second.add("/comes", inode: 2, generation: 3, ["memory.current": Reading(4)])
        encoder.encode(second.build(), process: ProcessSample(), as: .text)
        let text = String(decoding: encoder.bytes, as: UTF8.self)
        #expect(!text.contains("/goes"))
        #expect(text.contains("cgroup_memory_current_bytes{cgroup=\"/stays\"} 3\n"))
        #expect(text.contains("cgroup_memory_current_bytes{cgroup=\"/comes\"} 4\n"))
    }

    @Test func reusedDeviceNumberGetsItsNewName() {
        let name = Mutex("nvme0n1")
        var encoder = ExpositionEncoder(version: "1.2.3") { _ in name.withLock { $0 } }
        for next in ["nvme0n1", "sdb"] {
            name.withLock { $0 = next }
            encoder.encode(ExporterFixtures.small(), process: ProcessSample(), as: .text)
            let text = String(decoding: encoder.bytes, as: UTF8.self)
            #expect(text.contains("cgroup_io_read_bytes_total{cgroup=\"/\",device=\"\(next)\"}"))
        }
    }

    @Test func renamedCgroupGetsItsNewLabel() throws {
        var encoder = ExporterFixtures.encoder()
        for (tick, path) in [(UInt64(1), "/old"), (2, "/new")] {
            var builder = SnapshotBuilder()
            builder.tick = tick
            builder.add(path, inode: 1, generation: 1, ["memory.current": Reading(1)])
            encoder.encode(builder.build(), process: ProcessSample(), as: .text)
            let text = String(decoding: encoder.bytes, as: UTF8.self)
            #expect(text.contains("cgroup_memory_current_bytes{cgroup=\"\(path)\"} 1\n"))
        }
        #expect(!String(decoding: encoder.bytes, as: UTF8.self).contains("/old"))
    }

    @Test(arguments: [
        (UInt64(0), "0"), (1, "0.000001"), (12_345_678, "12.345678"), (100_000, "0.1"),
        (1_000_000, "1"), (1_050_000, "1.05"),
        (18_446_744_073_709_551_599, "18446744073709.551599"),
    ])
    func microsecondsBecomeSecondsExactly(microseconds: UInt64, seconds: String) throws {
        var builder = SnapshotBuilder()
        builder.add("/a", ["cpu.usage_usec": Reading(microseconds)])
        let parsed = try ParsedExposition(
            ExporterFixtures.text(builder.build(), .text), openMetrics: false)
        #expect(parsed.value("cgroup_cpu_usage_seconds_total", ["cgroup": "/a"]) == seconds)
    }

    @Test func countersNeverDecreaseWhileTheCgroupExists() throws {
        var encoder = ExporterFixtures.encoder()
        var last: [String: Double] = [:]
        for tick in UInt64(1)...5 {
            var builder = SnapshotBuilder()
            builder.tick = tick
            builder.health.filesRead = tick * 10
            builder.add(
                "/a", inode: 7, generation: 7,
                ["cpu.usage_usec": Reading(tick * 999_999), "memory.current": Reading(100 - tick)])
            encoder.encode(builder.build(), process: ProcessSample(), as: .openMetrics)
            let parsed = try ParsedExposition(
                String(decoding: encoder.bytes, as: UTF8.self), openMetrics: true)
            for sample in parsed.samples where sample.name.hasSuffix("_total") {
                let value = try #require(Double(sample.value))
                #expect(value >= last[sample.name] ?? 0)
                last[sample.name] = value
            }
        }
        #expect(last["cgroup_cpu_usage_seconds_total"] == 4.999995)
        #expect(last["cgwarden_files_read_total"] == 50)
    }

    @Test(arguments: [ExpositionFormat.text, .openMetrics])
    func familiesOfOtherPartsAreSortedAmongOwnFamilies(format: ExpositionFormat) {
        var encoder = ExpositionEncoder(version: "1") { _ in nil }
        let families: [ProgramFamily] = [
            .counter(
                "cgwarden_policy_actions_total", "Actions.",
                [.init(3, labels: [("policy", "a \"b\""), ("result", "applied")])]),
            .gauge("cgwarden_ticks_late", dividedBy: 1000, "None.", []),
        ]
        encoder.encode(
            SnapshotBuilder().build(), process: ProcessSample(), programFamilies: families,
            as: format)
        let text = String(decoding: encoder.bytes, as: UTF8.self)
        #expect(
            text.contains(
                #"cgwarden_policy_actions_total{policy="a \"b\"",result="applied"} 3"# + "\n"))
        #expect(!text.contains("cgwarden_ticks_late"))
    }
}
