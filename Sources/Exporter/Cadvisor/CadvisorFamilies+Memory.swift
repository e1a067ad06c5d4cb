import CgroupModel

extension CadvisorFamilies {
    static let memory: [CadvisorFamily] = [
        CadvisorFamily(
            "container_memory_usage_bytes", .gauge, from: [.memoryUsage, .memoryAnon, .memoryFile],
            "Memory charged, page cache and kernel memory included, swap not."
        ) { $0.cadvisorMemoryUsage($1) },
        CadvisorFamily(
            "container_memory_max_usage_bytes", .gauge, "memory.peak", "Peak usage."),
        CadvisorFamily(
            "container_memory_working_set_bytes", .gauge,
            from: [.memoryUsage, .memoryInactiveFile],
            "Memory charged minus the page cache not used recently."
        ) { $0.cadvisorWorkingSet($1) },
        CadvisorFamily(
            "container_memory_rss", .gauge, "memory.anon", "Anonymous memory in bytes."),
        CadvisorFamily(
            "container_memory_cache", .gauge, "memory.file",
            "Page cache in bytes, shared memory included."),
        CadvisorFamily(
            "container_memory_mapped_file", .gauge, "memory.file_mapped",
            "Page cache that is mapped, in bytes."),
        CadvisorFamily(
            "container_memory_swap", .gauge, "memory.swap.current", "Swap in use, in bytes."),
        CadvisorFamily(
            "container_memory_kernel_usage", .gauge, "memory.kernel",
            "Kernel memory of all kinds, in bytes."),
        CadvisorFamily(
            "container_memory_total_active_file_bytes", .gauge, "memory.active_file",
            "Page cache used recently."),
        CadvisorFamily(
            "container_memory_total_inactive_file_bytes", .gauge, "memory.inactive_file",
            "Page cache not used recently."),
        CadvisorFamily(
            "container_memory_file_dirty_bytes", .gauge, "memory.file_dirty",
            "Page cache waiting to be written."),
        CadvisorFamily(
            "container_memory_file_writeback_bytes", .gauge, "memory.file_writeback",
            "Page cache being written."),
        CadvisorFamily(
            "container_memory_pgscan_total", .counter, "memory.pgscan", "Pages scanned by reclaim."),
        CadvisorFamily(
            "container_memory_pgsteal_total", .counter, "memory.pgsteal",
            "Pages taken by reclaim."),
        CadvisorFamily(
            "container_memory_workingset_refault_file_total", .counter,
            "memory.workingset_refault_file", "Cache pages that refaulted soon after reclaim."),
        CadvisorFamily(
            "container_memory_workingset_refault_anon_total", .counter,
            "memory.workingset_refault_anon",
            "Anonymous pages that refaulted soon after reclaim."),
        CadvisorFamily(
            "container_memory_failcnt", .counter, from: [failcnt, limitHits],
            "Charges that hit the limit."
        ) { snapshot, index in
            let legacy = snapshot[index, failcnt]
            return legacy.isKnown ? legacy : snapshot[index, limitHits]
        },
        CadvisorFamily(
            "container_memory_failures_total", .counter,
            from: [.memoryPageFaults, .memoryMajorFaults, reclaimScans],
            "Page faults, and those that needed I/O.",
            parts: ["pgfault", "pgmajfault"].flatMap { (kind: String) -> [FaultPart] in
                let id = MetricCatalog.id("memory.\(kind)")
                let type = #"failure_type="\#(kind)""#
                return [
                    (#"\#(type),scope="container""#, { $0.isUnified($1) ? $0[$1, id] : .absent }),
                    (#"\#(type),scope="hierarchy""#, { $0[$1, id] }),
                ]
            }),
        CadvisorFamily(
            "container_memory_events_high_total", .counter, "memory.events.high",
            "Times throttled above memory.high, descendants included."),
        CadvisorFamily(
            "container_memory_events_max_total", .counter, "memory.events.max",
            "Charges that hit the hard limit, descendants included."),
        CadvisorFamily(
            "container_oom_events_total", .counter, "memory.events.local.oom_kill",
            "Processes killed by the OOM killer, of this cgroup alone."),
    ]

    static let memoryLimits: [CadvisorFamily] = [
        CadvisorFamily(
            orZero: "container_spec_memory_limit_bytes", firstOf: "memory.max",
            help: "Hard limit of memory; 0 for none."),
        CadvisorFamily(
            orZero: "container_spec_memory_swap_limit_bytes",
            firstOf: "memory.memsw.max", "memory.swap.max",
            help: "Limit of swap, on v1 of memory and swap together; 0 for none."),
        CadvisorFamily(
            orZero: "container_spec_memory_reservation_limit_bytes",
            firstOf: "memory.soft_limit", "memory.min",
            help: "Soft limit of v1, on v2 the memory protected from reclaim; 0 for none."),
    ]

    private typealias FaultPart = (labels: String, value: CadvisorFamily.Value)

    private static let failcnt = MetricCatalog.id("memory.failcnt")
    private static let limitHits = MetricCatalog.id("memory.events.max")
    fileprivate static let reclaimScans = MetricCatalog.id("memory.pgscan")
}

extension Snapshot {
    /// Memory usage; for the v2 root, which has no memory.current, the sum from its memory.stat.
    fileprivate func cadvisorMemoryUsage(_ index: Int) -> Reading {
        let usage = self[index, .memoryUsage]
        guard usage == .absent, cgroups[index].path.isRoot,
            let anon = self[index, .memoryAnon].value, let file = self[index, .memoryFile].value
        else { return usage }
        return Reading(anon + file)
    }

    /// Memory usage without inactive file cache.
    ///
    /// The two files are read one after the other, so the cache can be slightly larger than the
    /// usage.
    fileprivate func cadvisorWorkingSet(_ index: Int) -> Reading {
        let usage = cadvisorMemoryUsage(index)
        guard let used = usage.value else { return usage }
        let cache = self[index, .memoryInactiveFile]
        guard let idle = cache.value else { return cache }
        return Reading(used > idle ? used - idle : 0)
    }

    /// Whether v2 accounts the memory; only v2's memory.stat has `pgscan`.
    ///
    /// v2 does not separate a cgroup's counts from its descendants', so cAdvisor exports the same
    /// value for both scopes.
    fileprivate func isUnified(_ index: Int) -> Bool {
        self[index, CadvisorFamilies.reclaimScans].isKnown
    }
}
