package import CgroupModel
internal import KernelIO

/// The metrics that dashboards and rules made for cAdvisor expect.
///
/// Values that the kernel does not provide are left out. An unset limit is 0 where cAdvisor's users
/// compare with 0; elsewhere it has no series.
package enum CadvisorFamilies {
    static let all: [CadvisorFamily] = cpu + memory + memoryLimits + pressure + tasks

    /// The families with a sample for each device, page size or memory node.
    static let instances: [CadvisorInstanceFamily] = devices + hugePages + [numaPages]

    /// The catalog rows that the families use.
    static let allMetrics: [MetricID] =
        all.flatMap(\.metrics) + instances.flatMap { $0.parts.map(\.metric) }

    /// The rows of ``allMetrics`` that must be read for these families.
    ///
    /// Rows of costly files (tier `detail`) are not included: they are exported only if an
    /// ``ExportExtra`` enables their reading.
    package static let metrics: [MetricID] = allMetrics.filter { MetricCatalog[$0].tier != .detail }

    private static let cpu: [CadvisorFamily] = [
        CadvisorFamily(
            "container_cpu_usage_seconds_total", .counter, "cpu.usage_usec",
            labels: #"cpu="total""#, "CPU time used, descendants included."),
        CadvisorFamily(
            "container_cpu_user_seconds_total", .counter, "cpu.user_usec",
            "CPU time spent in user mode."),
        CadvisorFamily(
            "container_cpu_system_seconds_total", .counter, "cpu.system_usec",
            "CPU time spent in the kernel."),
        underQuota(
            "container_cpu_cfs_periods_total", "cpu.nr_periods",
            "Quota periods in which the cgroup was runnable."),
        underQuota(
            "container_cpu_cfs_throttled_periods_total", "cpu.nr_throttled",
            "Quota periods in which the cgroup was throttled."),
        underQuota(
            "container_cpu_cfs_throttled_seconds_total", "cpu.throttled_usec",
            "Time throttled by the quota, summed over CPUs."),
        underQuota(
            "container_cpu_cfs_burst_periods_total", "cpu.nr_bursts",
            "Quota periods in which burst time was used."),
        underQuota(
            "container_cpu_cfs_burst_seconds_total", "cpu.burst_usec",
            "Time used above the quota by bursting."),
        CadvisorFamily(
            "container_spec_cpu_quota", .gauge, "cpu.max",
            "CPU time allowed per period, in microseconds."),
        CadvisorFamily(
            "container_spec_cpu_period", .gauge, "cpu.max.period",
            "Length of a quota period in microseconds."),
        CadvisorFamily(
            "container_spec_cpu_shares", .gauge, from: [.cpuShares, .cpuWeight],
            "Share of CPU time relative to siblings; on v2, converted from cpu.weight."
        ) { snapshot, index in
            let shares = snapshot[index, .cpuShares]
            return shares.isKnown ? shares : CPUShares.reading(snapshot[index, .cpuWeight])
        },
    ]

    /// A family that cAdvisor exports only while a quota is set.
    private static func underQuota(
        _ name: String, _ metric: String, _ help: String
    ) -> CadvisorFamily {
        let id = MetricCatalog.id(metric)
        return CadvisorFamily(name, .counter, from: [.cpuMax, id], help) { snapshot, index in
            snapshot[index, .cpuMax].value == nil ? .absent : snapshot[index, id]
        }
    }

    private static let pressure: [CadvisorFamily] = ["cpu", "memory", "io"].flatMap {
        (resource: String) in
        [("waiting", "some"), ("stalled", "full")].map { (word: String, share: String) in
            let metric = "\(resource).pressure.\(share).total"
            return CadvisorFamily(
                "container_pressure_\(resource)_\(word)_seconds_total", .counter, metric,
                MetricCatalog[MetricCatalog.id(metric)].help)
        }
    }

    private static let tasks: [CadvisorFamily] = [
        CadvisorFamily(
            "container_processes", .gauge, "cgroup.processes", "Processes of this cgroup itself."),
        CadvisorFamily("container_threads", .gauge, "pids.current", "Tasks."),
        CadvisorFamily(
            orZero: "container_threads_max", firstOf: "pids.max",
            help: "Maximum number of tasks; 0 for no limit."),
        CadvisorFamily(
            "container_last_seen", .gauge, from: [], "When the cgroup was last seen, in Unix time."
        ) { snapshot, _ in Reading(snapshot.wallTime / 1_000_000) },
    ]

    private static let devices: [CadvisorInstanceFamily] =
        [
            CadvisorInstanceFamily(
                "container_fs_reads_bytes_total", .counter, "io.rbytes", "Bytes read."),
            CadvisorInstanceFamily(
                "container_fs_reads_total", .counter, "io.rios", "Read operations."),
            CadvisorInstanceFamily(
                "container_fs_writes_bytes_total", .counter, "io.wbytes", "Bytes written."),
            CadvisorInstanceFamily(
                "container_fs_writes_total", .counter, "io.wios", "Write operations."),
            CadvisorInstanceFamily(
                "container_blkio_device_usage_total", .counter, numbersDevices: true,
                "Bytes moved, by operation.",
                parts: [
                    ("io.rbytes", #"operation="Read""#), ("io.wbytes", #"operation="Write""#),
                    ("io.dbytes", #"operation="Discard""#),
                ]),
        ]
        + ["usage", "wait", "indebt", "indelay"].map { (key: String) in
            let metric = "io.cost.\(key)_usec"
            return CadvisorInstanceFamily(
                "container_fs_io_cost_\(key)_seconds_total", .counter, metric,
                MetricCatalog[MetricCatalog.id(metric)].help)
        }

    private static let hugePages: [CadvisorInstanceFamily] = [
        CadvisorInstanceFamily(
            "container_hugetlb_usage_bytes", .gauge, "hugetlb.current", "Huge pages in use."),
        CadvisorInstanceFamily(
            "container_hugetlb_max_usage_bytes", .gauge, "hugetlb.peak",
            "Peak huge pages in use (v1)."),
        CadvisorInstanceFamily(
            "container_hugetlb_failcnt", .counter, "hugetlb.events.max",
            "Allocations refused by the limit."),
    ]

    /// The scope `container` exists only on v1; v2 has no counts without descendants.
    private static let numaPages = CadvisorInstanceFamily(
        "container_memory_numa_pages", .gauge, divisor: MemoryPage.size,
        "Memory on each node in pages.",
        parts: ["file", "anon", "unevictable"].flatMap { (type: String) in
            [
                ("memory.local.numa.\(type)", #"type="\#(type)",scope="container""#),
                ("memory.numa.\(type)", #"type="\#(type)",scope="hierarchy""#),
            ]
        })
}
