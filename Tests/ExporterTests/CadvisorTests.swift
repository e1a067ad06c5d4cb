import CgroupModel
import Foundation
import KernelIO
import Synchronization
import TestSupport
import Testing

@testable import Exporter

@Suite struct CadvisorTests {
    private static let id = String(repeating: "0a", count: 32)
    private static let pod = "/kubepods.slice/kubepods-burstable-podaa.slice"

    /// A machine with a Docker container, a pod with one, a service, and what is within.
    private static func machine() -> Snapshot {
        var builder = SnapshotBuilder()
        builder.host.memoryTotal = Reading(4 << 30)
        builder.host.swapTotal = Reading(0)
        builder.host.cpuCount = 4
        builder.host.cpuTotal = Reading(1_000_000)
        // v2's root: neither a usage nor limits.
        builder.add(
            "/",
            [
                "cpu.usage_usec": Reading(1_500_000), "memory.anon": Reading(300),
                "memory.file": Reading(200), "memory.inactive_file": Reading(50),
                "memory.pgfault": Reading(9), "memory.pgscan": Reading(0),
            ])
        builder.instance("io.rbytes", ExporterFixtures.disk, 4096)
        builder.instance("io.wios", ExporterFixtures.unnamedDisk, 7)
        builder.add(
            "/docker/\(id)",
            [
                "cpu.usage_usec": Reading(2_000_001), "cpu.nr_periods": Reading(40),
                "cpu.nr_throttled": Reading(10), "cpu.throttled_usec": Reading(250_000),
                "cpu.max": Reading(20_000), "cpu.max.period": Reading(100_000),
                "cpu.weight": Reading(100), "memory.current": Reading(1000),
                "memory.inactive_file": Reading(400), "memory.max": Reading(4096),
                "memory.swap.max": .unlimited, "memory.min": Reading(0),
                "memory.events.max": Reading(3), "memory.events.local.oom_kill": Reading(1),
                "memory.pgfault": Reading(5), "memory.pgmajfault": Reading(1),
                "memory.pgscan": Reading(2), "memory.pressure.full.total": Reading(1_250_000),
                "pids.current": Reading(2), "pids.max": .unlimited,
            ])
        builder.add("/docker/\(id)/inner", ["memory.current": Reading(10)])
        builder.add(Self.pod, ["cpu.usage_usec": Reading(77)])
        builder.add("\(Self.pod)/cri-containerd-\(id).scope", ["cpu.usage_usec": Reading(70)])
        // v1: no quota, and a limit that is not set.
        builder.add(
            "/system.slice/ssh.service",
            [
                "cpu.usage_usec": Reading(1), "cpu.nr_periods": Reading(0), "cpu.max": .unlimited,
                "cpu.max.period": Reading(100_000), "cpu.shares": Reading(512),
                "memory.current": Reading(100), "memory.inactive_file": Reading(101),
                "memory.max": .unlimited, "memory.memsw.max": .unlimited,
                "memory.soft_limit": .unlimited, "memory.failcnt": Reading(6),
                "memory.pgfault": Reading(8), "pids.max": Reading(10),
            ])
        return builder.build()
    }

    /// The runtime's names of two containers, and of cgroups within them.
    private static func identity(_ entry: CgroupEntry) -> CgroupIdentity {
        var known = CgroupIdentity(entry.path)
        let path = entry.path.description
        if path.hasPrefix("/docker/") {
            known.containerID = id
            known.container = "web"
            known.image = "nginx:1"
        } else if path.hasPrefix(pod) {
            known.podUID = "aa"
            known.pod = "shop-0"
            known.namespace = "trade"
            if path != pod {
                known.containerID = id
                known.container = "till"
                known.image = "till:2"
            }
        }
        return known
    }

    private static func text(
        _ snapshot: Snapshot, _ format: ExpositionFormat = .text
    ) -> String {
        var encoder = CadvisorEncoder(
            version: "1.2.3", deviceName: { $0 == ExporterFixtures.disk ? "vda" : nil },
            identity: identity, birthTime: { _ in 1_790_000_000_250_000 })
        encoder.encode(snapshot, as: format)
        return String(decoding: encoder.bytes, as: UTF8.self)
    }

    private static func labels(
        _ id: String, name: String = "", image: String = "", pod: String = "",
        namespace: String = "", container: String = "", _ more: [String: String] = [:]
    ) -> [String: String] {
        [
            "id": id, "name": name, "image": image, "pod": pod, "namespace": namespace,
            "container": container,
        ].merging(more) { $1 }
    }

    /// Each name is a look at the disk, and a thousand cgroups have the same devices.
    @Test func deviceIsLookedUpOncePerExposition() {
        var builder = SnapshotBuilder()
        for path in ["/a", "/b", "/c"] {
            builder.add(path)
            for metric in ["io.rbytes", "io.wbytes"] {
                builder.instance(metric, ExporterFixtures.disk, 1)
                builder.instance(metric, ExporterFixtures.unnamedDisk, 1)
            }
        }
        let asked = Mutex<[InstanceKey]>([])
        var encoder = CadvisorEncoder(version: "1") { key in
            asked.withLock { $0.append(key) }
            return nil
        }
        for count in 1...2 {
            encoder.encode(builder.build(), as: .text)
            // Again in the next one, because a number can be reused by another device.
            #expect(asked.withLock { $0.count } == 2 * count)
        }
    }

    @Test(arguments: [(ExpositionFormat.text, "cadvisor.prom"), (.openMetrics, "cadvisor.om")])
    func snapshotMatchesTheGoldenFile(format: ExpositionFormat, file: String) throws {
        try expectGolden(Self.text(Self.machine(), format), file)
    }

    @Test func bothFormatsAreValidAndEqual() throws {
        for snapshot in [Self.machine()] + Example.allCases.map(\.snapshot) {
            let text = try ParsedExposition(Self.text(snapshot), openMetrics: false)
            let openMetrics = try ParsedExposition(
                Self.text(snapshot, .openMetrics), openMetrics: true)
            #expect(text.samples == openMetrics.samples)
            #expect(text.samples.count > snapshot.cgroups.count)
            let always = ["id", "name", "image", "pod", "namespace", "container"]
            for (name, labels) in text.labelNames where name.hasPrefix("container_") {
                #expect(name == "container_scrape_error" || Array(labels.prefix(6)) == always)
            }
        }
    }

    @Test(
        .enabled(
            if: Tool.promtool, "promtool is not installed (Debian: apt-get install prometheus)"))
    func promtoolComplainsOnlyAboutNames() throws {
        let result = try Tool.run(
            "promtool", ["check", "metrics"], input: Array(Self.text(Self.machine()).utf8))
        // 3 is for its taste in names, which are cAdvisor's; what cannot be read is 1.
        #expect(result.status == 3, "\(result.errors)")
        let complaints = String(decoding: result.output, as: UTF8.self) + result.errors
        #expect(
            complaints.split(separator: "\n").map { $0.prefix { $0 != " " } } == [
                "cadvisor_version_info", "container_memory_failcnt",
            ])
    }

    @Test(
        .enabled(
            if: Tool.openMetricsParser,
            "python3 has no prometheus_client (pip install prometheus_client)"))
    func referenceParserAgrees() throws {
        let script = """
            import sys
            from prometheus_client.openmetrics.parser import text_string_to_metric_families
            text = sys.stdin.buffer.read().decode()
            print(sum(len(f.samples) for f in text_string_to_metric_families(text)))
            """
        let text = Self.text(Self.machine(), .openMetrics)
        let result = try Tool.run("python3", ["-c", script], input: Array(text.utf8))
        let ours = try ParsedExposition(text, openMetrics: true).samples.count
        #expect(String(decoding: result.output, as: UTF8.self) == "\(ours)\n", "\(result.errors)")
    }

    @Test func familiesDeclareAllMetricsThatTheyRead() throws {
        let full = Schema(CadvisorFamilies.allMetrics)
        #expect(full.width > 40)
        var builder = SnapshotBuilder()
        let plain = full.columns.map { (MetricCatalog[$0].name, Reading(1_000_000)) }
        builder.add("/a", Dictionary(uniqueKeysWithValues: plain))
        for metric in Set(CadvisorFamilies.instances.flatMap(\.parts).map(\.metric)) {
            builder.instance(MetricCatalog[metric].name, ExporterFixtures.disk, 1_000_000)
        }
        let parsed = try ParsedExposition(Self.text(builder.build()), openMetrics: false)
        let names = Set(parsed.samples.map(\.name))
        for family in CadvisorFamilies.all.map(\.family) + CadvisorFamilies.instances.map(\.family)
        {
            let name = String(decoding: family.name, as: UTF8.self)
            #expect(names.contains(name), "\(name)")
            if name.contains("_seconds") {
                #expect(parsed.samples.first { $0.name == name }?.value == "1", "\(name)")
            }
        }
    }

    @Test func namesAreOnlyThoseOfContainersAndPods() throws {
        let parsed = try ParsedExposition(Self.text(Self.machine()), openMetrics: false)
        let memory = "container_memory_usage_bytes"
        let cpu = "container_cpu_usage_seconds_total"
        let docker = "/docker/\(Self.id)"
        #expect(
            parsed.value(memory, Self.labels(docker, name: "web", image: "nginx:1")) == "1000")
        #expect(parsed.value(memory, Self.labels(docker + "/inner")) == "10")
        let total = ["cpu": "total"]
        #expect(
            parsed.value(
                cpu, Self.labels(Self.pod, pod: "shop-0", namespace: "trade", total))
                == "0.000077")
        #expect(
            parsed.value(
                cpu,
                Self.labels(
                    "\(Self.pod)/cri-containerd-\(Self.id).scope", name: Self.id, image: "till:2",
                    pod: "shop-0", namespace: "trade", container: "till", total)) == "0.00007")
        #expect(parsed.value(cpu, Self.labels("/", total)) == "1.5")
    }

    @Test func missingValuesAreOmittedOrZeroAsInCadvisor() throws {
        let parsed = try ParsedExposition(Self.text(Self.machine()), openMetrics: false)
        let docker = Self.labels("/docker/\(Self.id)", name: "web", image: "nginx:1")
        let ssh = Self.labels("/system.slice/ssh.service")
        let root = Self.labels("/")
        func value(_ name: String, _ labels: [String: String]) -> String? {
            parsed.value("container_" + name, labels)
        }
        #expect(value("memory_working_set_bytes", docker) == "600")
        #expect(value("memory_working_set_bytes", ssh) == "0")
        #expect(value("memory_usage_bytes", root) == "500")
        #expect(value("memory_working_set_bytes", root) == "450")
        #expect(value("spec_memory_limit_bytes", docker) == "4096")
        #expect(value("spec_memory_limit_bytes", ssh) == "0")
        #expect(value("spec_memory_limit_bytes", root) == nil)
        #expect(value("spec_memory_swap_limit_bytes", docker) == "0")
        #expect(value("spec_memory_swap_limit_bytes", ssh) == "0")
        #expect(value("spec_memory_reservation_limit_bytes", ssh) == "0")
        #expect(value("spec_cpu_quota", docker) == "20000")
        #expect(value("spec_cpu_quota", ssh) == nil)
        #expect(value("spec_cpu_period", ssh) == "100000")
        #expect(value("cpu_cfs_periods_total", docker) == "40")
        #expect(value("cpu_cfs_throttled_seconds_total", docker) == "0.25")
        #expect(value("cpu_cfs_periods_total", ssh) == nil)
        #expect(value("spec_cpu_shares", docker) == "2597")
        #expect(value("spec_cpu_shares", ssh) == "512")
        #expect(value("memory_failcnt", docker) == "3")
        #expect(value("memory_failcnt", ssh) == "6")
        #expect(value("oom_events_total", docker) == "1")
        #expect(value("threads_max", docker) == "0")
        #expect(value("threads_max", ssh) == "10")
        let local = ["failure_type": "pgfault", "scope": "container"]
        let whole = ["failure_type": "pgfault", "scope": "hierarchy"]
        #expect(value("memory_failures_total", docker.merging(local) { $1 }) == "5")
        #expect(value("memory_failures_total", docker.merging(whole) { $1 }) == "5")
        #expect(value("memory_failures_total", ssh.merging(local) { $1 }) == nil)
        #expect(value("memory_failures_total", ssh.merging(whole) { $1 }) == "8")
        #expect(
            value("fs_writes_total", root.merging(["device": "/dev/block/8:16"]) { $1 }) == "7")
        #expect(parsed.value("machine_cpu_cores") == "4")
        #expect(parsed.value("machine_memory_bytes") == "4294967296")
        #expect(parsed.value("machine_swap_bytes") == "0")
    }

    /// Metrics with their own file are shown if they are read anyway, but not read for this.
    @Test func numaAndProcessesAreReadOnlyOnRequest() throws {
        let read = Set(CadvisorFamilies.metrics.map { MetricCatalog[$0].name })
        #expect(read.isDisjoint(with: ["memory.numa.anon", "cgroup.processes"]))
        var builder = SnapshotBuilder()
        builder.add("/a", ["cgroup.processes": Reading(3), "memory.file_writeback": Reading(8)])
        builder.instance("memory.numa.anon", InstanceKey(rawValue: 1), 3 * MemoryPage.size)
        builder.instance("memory.local.numa.anon", InstanceKey(rawValue: 1), MemoryPage.size)
        let size = try #require(Word.intern("2MB").map { InstanceKey(rawValue: $0) })
        builder.instance("hugetlb.current", size, 2 << 20)
        builder.instance("hugetlb.events.max", size, 4)
        let parsed = try ParsedExposition(Self.text(builder.build()), openMetrics: false)
        func value(_ name: String, _ labels: [String: String] = [:]) -> String? {
            parsed.value("container_" + name, Self.labels("/a", labels))
        }
        #expect(value("processes") == "3")
        #expect(value("memory_file_writeback_bytes") == "8")
        let pages = ["type": "anon", "node": "1"]
        #expect(value("memory_numa_pages", pages.merging(["scope": "hierarchy"]) { $1 }) == "3")
        #expect(value("memory_numa_pages", pages.merging(["scope": "container"]) { $1 }) == "1")
        #expect(value("hugetlb_usage_bytes", ["pagesize": "2MB"]) == "2097152")
        #expect(value("hugetlb_failcnt", ["pagesize": "2MB"]) == "4")
        #expect(value("hugetlb_max_usage_bytes", ["pagesize": "2MB"]) == nil)
    }

    @Test func startTimeIsReadOncePerCgroup() {
        let asked = Mutex<[String]>([])
        var encoder = CadvisorEncoder(
            version: "1", deviceName: { _ in nil },
            birthTime: { entry in
                asked.withLock { asked in
                    asked.append(entry.path.description)
                    return UInt64(asked.count) * 1_000_000
                }
            })
        for (path, generation) in [("/a", UInt64(1)), ("/a", 1), ("/b", 2), ("/a", 3)] {
            var builder = SnapshotBuilder()
            builder.add(path, generation: generation, [:])
            encoder.encode(builder.build(), as: .text)
        }
        #expect(asked.withLock { $0 } == ["/a", "/b", "/a"])
        let text = String(decoding: encoder.bytes, as: UTF8.self)
        #expect(text.contains("container=\"\"} 3\n"))
    }

    /// These weights as shown by cAdvisor's own conversion.
    @Test(arguments: [(1, 2), (50, 1286), (100, 2597), (10_000, 262_144)] as [(UInt64, UInt64)])
    func sharesMatchCadvisor(weight: UInt64, shares: UInt64) {
        #expect(CPUShares.reading(Reading(weight)) == Reading(shares))
    }

    @Test func idleCgroupHasNoShares() {
        #expect(CPUShares.reading(Reading(0)) == .absent)
        #expect(CPUShares.reading(.gone) == .gone)
    }
}
