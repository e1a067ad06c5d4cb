import Foundation
import TestSupport
import Testing

/// What dashboards made for cAdvisor ask, computed from two scrapes of `/metrics/cadvisor` and by
/// hand from the running kernel's files: on this host and in the guests.
@Suite(.enabled(if: ProgramCgroup.canBeMade, "it needs root and writable cgroup mounts"))
struct KernelCadvisorTests {
    /// Holds memory, says so, and uses all the CPU time that it gets.
    private static let load = """
        exec perl -e '$x = "a" x (16 << 20); $| = 1; print "ready\\n"; 1 while 1'
        """
    /// Twice, when it may go on, asks for more memory than there is, in a child that is killed.
    private static let glutton = """
        echo 1000 >/proc/self/oom_score_adj 2>/dev/null
        echo ready
        for round in 1 2; do kill -STOP $$; perl -e '$x = "a" x (64 << 20)'; echo done; done
        """

    private let cgroup: ProgramCgroup

    init() throws { cgroup = try ProgramCgroup() }

    private func text(_ controller: String, _ file: String) throws -> String {
        let directory = try #require(cgroup.directory(of: controller), "no tree has \(controller)")
        return try String(contentsOfFile: "\(directory)/\(file)", encoding: .utf8)
    }

    /// The number after a word, or the only one of the file.
    private func number(
        _ controller: String, _ file: String, _ key: String? = nil
    ) throws -> UInt64 {
        let lines = try text(controller, file).split(separator: "\n")
        let line = key.map { key in lines.first { $0.hasPrefix(key + " ") } } ?? lines.first
        return try #require(line?.split(separator: " ").last.flatMap { UInt64($0) }, "\(file)")
    }

    private func has(_ controller: String, _ file: String) -> Bool {
        cgroup.directory(of: controller).map {
            FileManager.default.fileExists(atPath: "\($0)/\(file)")
        } ?? false
    }

    private func write(_ controller: String, _ values: KeyValuePairs<String, String>) throws {
        let directory = try #require(cgroup.directory(of: controller), "no tree has \(controller)")
        for (file, value) in values where has(controller, file) {
            let handle = try FileHandle(forWritingTo: URL(filePath: "\(directory)/\(file)"))
            try handle.write(contentsOf: Data(value.utf8))
            try handle.close()
        }
    }

    /// The kernel's numbers under cAdvisor's names, worked out here.
    private func kernel() throws -> [String: UInt64] {
        let onV2 = has("memory", "memory.current")
        let usage = try number("memory", onV2 ? "memory.current" : "memory.usage_in_bytes")
        let idle = try number(
            "memory", "memory.stat", onV2 ? "inactive_file" : "total_inactive_file")
        let cpuOnV2 = !has("cpuacct", "cpuacct.usage")
        let time =
            try cpuOnV2
            ? number("cpu", "cpu.stat", "usage_usec") : number("cpuacct", "cpuacct.usage") / 1000
        return [
            "memory_working_set_bytes": usage - min(idle, usage),
            "memory_rss": try number("memory", "memory.stat", onV2 ? "anon" : "total_rss"),
            "cpu_usage_seconds_total": time,
            "cpu_cfs_periods_total": try number("cpu", "cpu.stat", "nr_periods"),
            "cpu_cfs_throttled_periods_total": try number("cpu", "cpu.stat", "nr_throttled"),
            "oom_events_total": try onV2
                ? number("memory", "memory.events.local", "oom_kill")
                : number("memory", "memory.oom_control", "oom_kill"),
        ]
    }

    private func scrape(_ server: ServingProgram, _ name: String) throws -> UInt64? {
        let lines = try server.get("/metrics/cadvisor").series("container_\(name)")
        let mine = lines.filter { $0.contains("{id=\"\(cgroup.path)\",") }
        #expect(mine.count <= 1, "\(mine)")
        guard let text = mine.first?.split(separator: " ").last else { return nil }
        let value = try #require(Double(text))
        return UInt64((name.contains("_seconds") ? value * 1e6 : value).rounded())
    }

    /// A scrape while nothing moves, and the kernel's numbers at the same time.
    private func still(
        _ server: ServingProgram
    ) throws -> (scraped: [String: UInt64], kernel: [String: UInt64]) {
        try awaiting("the cgroup keeps still") {
            let before = try kernel()
            // A sample is shared for a second.
            Thread.sleep(forTimeInterval: 1.05)
            let scraped = try before.keys.reduce(into: [String: UInt64]()) { result, name in
                result[name] = try scrape(server, name)
            }
            return try kernel() == before ? (scraped, before) : nil
        }
    }

    @Test func workingSetRatesAndThrottlingMatchManualReadings() throws {
        try write(
            "cpu",
            [
                "cpu.cfs_period_us": "20000", "cpu.cfs_quota_us": "1000", "cpu.max": "1000 20000",
            ])
        let server = try ServingProgram()
        let member = try cgroup.start(Self.load)
        defer { member.send(SIGKILL) }
        member.send(SIGSTOP)
        let first = try still(server)
        #expect(first.scraped == first.kernel)
        #expect(first.kernel["memory_working_set_bytes"] ?? 0 > 16 << 20)
        #expect(try scrape(server, "spec_cpu_quota") == 1000)
        #expect(try scrape(server, "spec_memory_limit_bytes") == 0)
        member.send(SIGCONT)
        let start = ContinuousClock.now
        Thread.sleep(forTimeInterval: 1)
        member.send(SIGSTOP)
        let second = try still(server)
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        #expect(second.scraped == second.kernel)
        func growth(_ name: String, _ kind: KeyPath<Pair, [String: UInt64]>) throws -> Double {
            let old = try #require(first[keyPath: kind][name])
            let new = try #require(second[keyPath: kind][name])
            return Double(new) - Double(old)
        }
        // rate(container_cpu_usage_seconds_total): a twentieth of a CPU while it may run.
        let used = try growth("cpu_usage_seconds_total", \.scraped)
        #expect(used == (try growth("cpu_usage_seconds_total", \.kernel)))
        #expect(used > 5000 && used < 0.2 * seconds * 1e6)
        // increase(…throttled_periods_total) / increase(…periods_total)
        let share =
            try growth("cpu_cfs_throttled_periods_total", \.scraped)
            / growth("cpu_cfs_periods_total", \.scraped)
        let byHand =
            try growth("cpu_cfs_throttled_periods_total", \.kernel)
            / growth("cpu_cfs_periods_total", \.kernel)
        #expect(share == byHand)
        #expect(share > 0 && share <= 1)
    }

    private typealias Pair = (scraped: [String: UInt64], kernel: [String: UInt64])

    @Test func oomEventsMatchManualReadings() throws {
        try write(
            "memory",
            [
                "memory.limit_in_bytes": "16777216", "memory.memsw.limit_in_bytes": "33554432",
                "memory.max": "16777216", "memory.swap.max": "0",
            ])
        let server = try ServingProgram()
        let member = try cgroup.start(Self.glutton)
        defer { member.send(SIGKILL) }
        let first = try still(server)
        #expect(first.scraped["oom_events_total"] == 0)
        try awaiting("both children are killed") {
            member.send(SIGCONT)
            return !member.isRunning
        }
        let second = try still(server)
        // increase(container_oom_events_total)
        #expect(second.scraped["oom_events_total"] == second.kernel["oom_events_total"])
        #expect(second.kernel["oom_events_total"] == 2)
        #expect(try scrape(server, "spec_memory_limit_bytes") == 16_777_216)
        #expect(try scrape(server, "memory_failcnt") ?? 0 > 0)
    }

    /// The questions of kubernetes-mixin, asked of a Prometheus that takes the exporter for a
    /// kubelet.
    @Test(.enabled(if: PrometheusRun.isInstalled, "\(PrometheusRun.missing)"))
    func prometheusQueriesMatchManualReadings() throws {
        try write(
            "cpu",
            [
                "cpu.cfs_period_us": "20000", "cpu.cfs_quota_us": "1000", "cpu.max": "1000 20000",
            ])
        let server = try ServingProgram()
        let member = try cgroup.start(Self.load)
        defer { member.send(SIGKILL) }
        let prometheus = try PrometheusRun(
            scrapeConfigs: """
                - job_name: kubelet
                  metrics_path: /metrics/cadvisor
                  static_configs: [{targets: ["127.0.0.1:\(server.port)"]}]
                  relabel_configs:
                  - {source_labels: [__metrics_path__], target_label: metrics_path}
                """)
        try prometheus.awaitTargets(1)
        let labels = "job=\"kubelet\", metrics_path=\"/metrics/cadvisor\", id=\"\(cgroup.path)\""
        let first = try kernel()
        Thread.sleep(forTimeInterval: 5)
        member.send(SIGSTOP)
        let last = try awaiting("Prometheus has what stands still") {
            let now = try kernel()
            let known = try prometheus.query("container_memory_working_set_bytes{\(labels)}")
            let periods = try prometheus.query("container_cpu_cfs_periods_total{\(labels)}")
            return known.first.map { UInt64($0.value) } == now["memory_working_set_bytes"]
                && periods.first.map { UInt64($0.value) } == now["cpu_cfs_periods_total"]
                ? now : nil
        }
        func growth(_ name: String) -> Double { Double((last[name] ?? 0) - (first[name] ?? 0)) }
        // The alert CPUThrottlingHigh. An increase reaches a little beyond the scrapes.
        let throttling = try prometheus.query(
            """
            sum(increase(container_cpu_cfs_throttled_periods_total{\(labels)}[1m])) without (name)
              / sum(increase(container_cpu_cfs_periods_total{\(labels)}[1m])) without (name)
            """)
        let byHand =
            growth("cpu_cfs_throttled_periods_total") / growth("cpu_cfs_periods_total")
        #expect(throttling.count == 1)
        #expect(abs((throttling.first?.value ?? 0) - byHand) < 0.1, "\(throttling), \(byHand)")
        let cpu = try prometheus.query(
            "sum by (id) (increase(container_cpu_usage_seconds_total{cpu=\"total\", \(labels)}[1m]))"
        )
        let used = growth("cpu_usage_seconds_total") / 1e6
        #expect(abs((cpu.first?.value ?? 0) - used) < 0.5 * used, "\(cpu), \(used)")
        // No limit is 0, of which no share is taken.
        let share = """
            container_memory_working_set_bytes{\(labels)}
              / (container_spec_memory_limit_bytes{\(labels)} > 0)
            """
        #expect(try prometheus.query(share).isEmpty)
        #expect(
            try prometheus.query("container_spec_memory_limit_bytes{\(labels)}").map(\.value) == [0]
        )
        #expect(try prometheus.query("machine_memory_bytes").first?.value ?? 0 > 0)
    }
}
