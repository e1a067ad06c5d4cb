import CgroupModel
import Exporter
import TestSupport
import Testing

/// Which cgroups, devices and families have series.
@Suite struct SelectionTests {
    private func parsed(_ encoder: ExpositionEncoder) throws -> ParsedExposition {
        try ParsedExposition(String(decoding: encoder.bytes, as: UTF8.self), openMetrics: false)
    }

    private func cgroups(_ parsed: ParsedExposition) -> [String] {
        parsed.samples.filter { $0.name == "cgroup_info" }.compactMap { $0.labels["cgroup"] }
    }

    private func dropped(_ parsed: ParsedExposition) -> [String: String] {
        Dictionary(
            uniqueKeysWithValues: parsed.samples.filter { $0.name == "cgwarden_cgroups_dropped" }
                .compactMap { sample in sample.labels["reason"].map { ($0, sample.value) } })
    }

    private func parsed(_ paths: [String], _ selection: ExportSelection) throws -> ParsedExposition
    {
        var builder = SnapshotBuilder()
        for path in paths { builder.add(path, ["memory.current": Reading(1)]) }
        var encoder = ExporterFixtures.encoder(selection)
        encoder.encode(builder.build(), process: ProcessSample(), as: .text)
        return try parsed(encoder)
    }

    private static let tree = [
        "/", "/a", "/a/b", "/a/b/c", "/system.slice", "/system.slice/x.service",
        "/user.slice/session-1.scope", "/user.slice/session-2.scope",
    ]

    @Test func tooDeepAndExcludedCgroupsAreCounted() throws {
        var selection = ExportSelection()
        selection.depth = 2
        selection.exclude = [try #require(Glob("/**/session-*.scope", separator: "/"))]
        let all = try parsed(Self.tree, selection)
        #expect(cgroups(all) == ["/", "/a", "/a/b", "/system.slice", "/system.slice/x.service"])
        #expect(
            dropped(all) == ["depth": "1", "excluded": "2", "limit": "0", "label_clash": "0"])
        #expect(all.value("cgwarden_cgroups") == "8")
        selection.include = [try #require(Glob("/a/**", separator: "/"))]
        #expect(cgroups(try parsed(Self.tree, selection)) == ["/a/b"])
    }

    @Test func descendantsAreCountedIfTheKernelDoesNot() throws {
        var selection = ExportSelection()
        selection.depth = 1
        let parsed = try parsed(Self.tree, selection)
        #expect(parsed.value("cgroup_descendants", ["cgroup": "/a"]) == "2")
        #expect(parsed.value("cgroup_descendants", ["cgroup": "/system.slice"]) == "1")
    }

    @Test func shallowAndOldCgroupsStayWithinTheLimit() throws {
        var selection = ExportSelection()
        selection.mostCgroups = 3
        var encoder = ExporterFixtures.encoder(selection)
        func scrape(_ tick: UInt64, _ living: [(String, UInt64)]) throws -> [String] {
            var builder = SnapshotBuilder()
            builder.tick = tick
            for (path, generation) in living {
                builder.add(path, inode: generation, generation: generation)
            }
            encoder.encode(builder.build(), process: ProcessSample(), as: .text)
            let parsed = try parsed(encoder)
            let kept = cgroups(parsed)
            #expect(
                parsed.value("cgwarden_cgroups_dropped", ["reason": "limit"])
                    == "\(living.count - kept.count)")
            return kept
        }
        let deep: [(String, UInt64)] = [("/a/x", 1), ("/a/y", 2), ("/b/z", 3)]
        #expect(try scrape(1, deep + [("/a", 4), ("/b", 5)]) == ["/a", "/a/x", "/b"])
        // A new shallower cgroup replaces no other.
        #expect(
            try scrape(2, deep + [("/a", 4), ("/b", 5), ("/c", 6)]) == ["/a", "/a/x", "/b"])
        // When one is removed, the shallowest waiting one is next, and stays.
        #expect(
            try scrape(3, [("/a", 4), ("/a/y", 2), ("/b", 5), ("/b/z", 3), ("/c", 6)])
                == ["/a", "/b", "/c"])
        #expect(
            try scrape(4, [("/a", 4), ("/a/y", 2), ("/b/z", 3), ("/c", 6)])
                == ["/a", "/a/y", "/c"])
        // The path comes back as another cgroup, and has to wait.
        #expect(
            try scrape(5, [("/a", 4), ("/a/y", 2), ("/b", 7), ("/b/z", 3), ("/c", 6)])
                == ["/a", "/a/y", "/c"])
        #expect(try scrape(6, [("/a", 4), ("/b", 7), ("/c", 6)]) == ["/a", "/b", "/c"])
    }

    @Test func idleAndMemoryBackedDevicesHaveNoSeries() throws {
        let (vda, loop, raw) = (
            ExporterFixtures.disk, InstanceKey(major: 7, minor: 0), ExporterFixtures.unnamedDisk
        )
        var builder = SnapshotBuilder()
        builder.add("/busy")
        for device in [vda, loop, raw] {
            builder.instance("io.rbytes", device, device == raw ? 0 : 5)
            builder.instance("io.wbytes", device, 0)
        }
        builder.instance("io.max.rbps", raw, 9)
        builder.add("/idle")
        builder.instance("io.rbytes", vda, 0)
        let snapshot = builder.build()
        func devices(_ selection: ExportSelection, _ name: String) throws -> [String] {
            var encoder = ExpositionEncoder(version: "1", selection: selection) { key in
                [vda: "vda", loop: "loop0"][key]
            }
            encoder.encode(snapshot, process: ProcessSample(), as: .text)
            return try parsed(encoder).samples.filter { $0.name == name }.compactMap {
                "\($0.labels["cgroup"] ?? "") \($0.labels["device"] ?? "")"
            }
        }
        var selection = ExportSelection()
        #expect(try devices(selection, "cgroup_io_read_bytes_total") == ["/busy vda"])
        // A device that was read from is used, so its writes are 0.
        #expect(try devices(selection, "cgroup_io_written_bytes_total") == ["/busy vda"])
        #expect(try devices(selection, "cgroup_io_max_read_bytes_per_second") == ["/busy 8:16"])
        selection.hasIdleDevices = true
        #expect(
            try devices(selection, "cgroup_io_read_bytes_total")
                == ["/busy vda", "/busy 8:16", "/idle vda"])
        selection.excludedDevices = []
        #expect(try devices(selection, "cgroup_io_written_bytes_total").count == 3)
    }

    @Test func profileReadsOnlyItsMetrics() throws {
        var basic = ExportSelection()
        basic.profile = .basic
        let full = ExportSelection()
        let read = (basic: Set(basic.metrics), full: Set(full.metrics))
        #expect(read.basic.isStrictSubset(of: read.full))
        let families = Set(MetricCatalog.all.filter { basic.contains($0) }.compactMap(\.family))
        #expect((25...40).contains(families.count), "\(families.count)")
        for metric in MetricCatalog.all where read.basic.contains(metric.id) {
            let isDerivedFrom = metric.id == .memoryMaxEffective
            #expect(metric.exportGroup == .basic && metric.family != nil || isDerivedFrom)
        }
        for extra in ExportExtra.allCases {
            var more = full
            more.extras = [extra]
            #expect(Set(more.metrics).isStrictSuperset(of: read.full), "\(extra)")
        }
    }

    @Test func memoryStatOptionExportsAllKeys() throws {
        var builder = SnapshotBuilder()
        builder.add("/a", ["memory.anon": Reading(5), "memory.local.rss": Reading(6)])
        let without = ExporterFixtures.text(builder.build(), .text)
        #expect(!without.contains("cgroup_memory_stat"))
        let text = ExporterFixtures.text(builder.build(), .text, .everything)
        #expect(text.contains("# TYPE cgroup_memory_stat untyped\n"))
        let parsed = try ParsedExposition(text, openMetrics: false)
        #expect(parsed.value("cgroup_memory_stat", ["cgroup": "/a", "key": "anon"]) == "5")
        #expect(parsed.value("cgroup_memory_stat", ["cgroup": "/a", "key": "local.rss"]) == "6")
        #expect(
            ExporterFixtures.text(builder.build(), .openMetrics, .everything)
                .contains("# TYPE cgroup_memory_stat unknown\n"))
    }

    @Test func collectorsReportSuccessAndErrors() throws {
        var builder = SnapshotBuilder()
        var memory = CollectorHealth(.memory)
        memory.duration = 1_500_000
        memory.failures = 4
        memory.hasFailed = true
        builder.health.collectors = [CollectorHealth(.core), memory]
        let parsed = try ParsedExposition(
            ExporterFixtures.text(builder.build(), .openMetrics), openMetrics: true)
        let labels = ["collector": "memory"]
        #expect(parsed.value("cgwarden_collector_duration_seconds", labels) == "0.0015")
        #expect(parsed.value("cgwarden_collector_success", labels) == "0")
        #expect(parsed.value("cgwarden_collector_errors_total", labels) == "4")
        #expect(parsed.value("cgwarden_collector_success", ["collector": "core"]) == "1")
    }
}
