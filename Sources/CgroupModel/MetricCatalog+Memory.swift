extension MetricCatalog {
    static let memoryRows: [Row] = [
        ownRows, eventRows, swapEventRows, statRows, sharedStatRows, unifiedStatRows,
        faultRows, legacyPagingRows, unifiedEventRows, localRows, numaRows, unifiedNumaRows,
    ].flatMap { $0 }

    private static let ownRows: [Row] = [
        Row("memory.usage", .memory, .gauge, .bytes, .tick, v2: "memory.current",
            v1: "memory.usage_in_bytes", family: "cgroup_memory_current_bytes",
            "Memory charged, page cache and kernel memory included, swap not."),
        Row("memory.peak", .memory, .peak, .bytes, .costly, v2: "memory.peak",
            v1: "memory.max_usage_in_bytes", family: "cgroup_memory_peak_bytes",
            "Highest usage so far."),
        Row("memory.max", .memory, .limit, .bytes, .settings, v2: "memory.max",
            v1: "memory.limit_in_bytes", family: "cgroup_memory_max_bytes",
            "Hard limit: above it the kernel reclaims, then kills."),
        Row("memory.max.effective", .memory, .limit, .bytes, .costly,
            v1: "memory.stat hierarchical_memory_limit",
            "Lowest hard limit of the cgroup and its ancestors, as v1 reports it."),
        Row("memory.high", .memory, .limit, .bytes, .settings, v2: "memory.high",
            family: "cgroup_memory_high_bytes", "Soft limit: above it tasks are slowed down."),
        Row("memory.low", .memory, .limit, .bytes, .settings, v2: "memory.low",
            family: "cgroup_memory_low_bytes", "Best-effort protection from reclaim."),
        Row("memory.min", .memory, .limit, .bytes, .settings, v2: "memory.min",
            family: "cgroup_memory_min_bytes", "Absolute protection from reclaim."),
        Row("memory.soft_limit", .memory, .limit, .bytes, .settings,
            v1: "memory.soft_limit_in_bytes", family: "cgroup_memory_soft_limit_bytes",
            "v1 soft limit: only orders host-wide reclaim."),
        Row("memory.swap.current", .memory, .gauge, .bytes, .costly, v2: "memory.swap.current",
            v1: "memory.stat total_swap", family: "cgroup_memory_swap_current_bytes",
            "Swap in use."),
        Row("memory.swap.max", .memory, .limit, .bytes, .settings, v2: "memory.swap.max",
            family: "cgroup_memory_swap_max_bytes",
            "Swap allowed; on v1 the RAM and swap limit less the RAM limit."),
        Row("memory.swap.high", .memory, .limit, .bytes, .settings, v2: "memory.swap.high",
            "Swap usage above which tasks are slowed down."),
        Row("memory.swap.peak", .memory, .peak, .bytes, .settings, v2: "memory.swap.peak",
            "Highest swap usage so far."),
        Row("memory.memsw.usage", .memory, .gauge, .bytes, .settings,
            v1: "memory.memsw.usage_in_bytes", "RAM and swap in use (v1)."),
        Row("memory.memsw.peak", .memory, .peak, .bytes, .settings,
            v1: "memory.memsw.max_usage_in_bytes", "Highest RAM and swap usage so far (v1)."),
        Row("memory.memsw.max", .memory, .limit, .bytes, .settings,
            v1: "memory.memsw.limit_in_bytes", "Hard limit for RAM and swap together (v1)."),
        Row("memory.memsw.max.effective", .memory, .limit, .bytes, .costly,
            v1: "memory.stat hierarchical_memsw_limit",
            "Lowest RAM and swap limit of the cgroup and its ancestors (v1)."),
        Row("memory.memsw.failcnt", .memory, .counter, .count, .settings,
            v1: "memory.memsw.failcnt", "Charges refused by the RAM and swap limit (v1)."),
        Row("memory.failcnt", .memory, .counter, .count, .costly, v1: "memory.failcnt",
            family: "cgroup_memory_failcnt_total", "Charges that hit this cgroup's own limit (v1)."),
        Row("memory.zswap.current", .memory, .gauge, .bytes, .costly, v2: "memory.zswap.current",
            "Compressed swap in RAM."),
        Row("memory.zswap.max", .memory, .limit, .bytes, .settings, v2: "memory.zswap.max",
            "Compressed swap allowed."),
        Row("memory.zswap.writeback", .memory, .setting, .flag, .settings,
            v2: "memory.zswap.writeback", "Whether compressed pages may be written to disk."),
        Row("memory.oom.group", .memory, .setting, .flag, .settings, v2: "memory.oom.group",
            "Whether an OOM kill takes the whole cgroup."),
        Row("memory.oom_kill_disable", .memory, .setting, .flag, .costly,
            v1: "memory.oom_control oom_kill_disable",
            "Whether tasks wait at the limit instead of being killed (v1)."),
        Row("memory.under_oom", .memory, .gauge, .flag, .costly,
            v1: "memory.oom_control under_oom", "Whether tasks wait for memory now (v1)."),
        Row("memory.swappiness", .memory, .setting, .count, .settings, v1: "memory.swappiness",
            "Readiness to swap, 0 to 200 (v1)."),
        Row("memory.use_hierarchy", .memory, .setting, .flag, .detail, v1: "memory.use_hierarchy",
            "Whether charges count for the ancestors too (v1)."),
        Row("memory.move_charge_at_immigrate", .memory, .setting, .count, .detail,
            v1: "memory.move_charge_at_immigrate", "Which charges follow a moved task (v1)."),
        Row("memory.kmem.max", .memory, .limit, .bytes, .detail, v1: "memory.kmem.limit_in_bytes",
            "Kernel memory limit (v1); without effect since 5.16."),
        Row("memory.kmem.peak", .memory, .peak, .bytes, .detail,
            v1: "memory.kmem.max_usage_in_bytes", "Highest kernel memory so far (v1)."),
        Row("memory.kmem.failcnt", .memory, .counter, .count, .detail, v1: "memory.kmem.failcnt",
            "Charges refused by the kernel memory limit (v1)."),
        Row("memory.kmem.tcp.max", .memory, .limit, .bytes, .detail,
            v1: "memory.kmem.tcp.limit_in_bytes", "Socket buffer limit (v1)."),
        Row("memory.kmem.tcp.peak", .memory, .peak, .bytes, .detail,
            v1: "memory.kmem.tcp.max_usage_in_bytes", "Highest socket buffer memory so far (v1)."),
        Row("memory.kmem.tcp.failcnt", .memory, .counter, .count, .detail,
            v1: "memory.kmem.tcp.failcnt", "Charges refused by the socket buffer limit (v1)."),
    ]

    private static let eventRows: [Row] = [
        ("low", "Reclaims despite the low protection"),
        ("high", "Throttles above the soft limit"),
        ("max", "Charges that hit the hard limit"),
        ("oom", "Charges that failed for want of memory"),
        ("oom_kill", "Processes killed by the OOM killer"),
        ("oom_group_kill", "Times the whole cgroup was killed by the OOM killer"),
        ("sock_throttled", "Socket memory throttles"),
    ].flatMap { (key: String, help: String) -> [Row] in
        let exported = key != "sock_throttled"
        let legacy: Source? = key == "oom_kill" ? "memory.oom_control oom_kill" : nil
        return [
            Row("memory.events.\(key)", .memory, .counter, .count, .costly,
                v2: Source("memory.events \(key)"),
                family: exported ? "cgroup_memory_events_\(key)_total" : nil,
                "\(help), descendants included."),
            Row("memory.events.local.\(key)", .memory, .counter, .count, .costly,
                v2: Source("memory.events.local \(key)"), v1: legacy,
                family: exported ? "cgroup_memory_events_local_\(key)_total" : nil,
                "\(help), this cgroup alone."),
        ]
    }

    private static let swapEventRows: [Row] = ["high", "max", "fail"].map { (key: String) -> Row in
        Row("memory.swap.events.\(key)", .memory, .counter, .count, .settings,
            v2: Source("memory.swap.events \(key)"), "Swap events of kind \(key).")
    }

    /// `memory.stat`: on v1 the hierarchical `total_*` key, on v2 the key of the same row. Values
    /// may lag by 2 s, since the kernel collects them from every CPU.
    private static let statRows: [Row] = [
        Row("memory.anon", .memory, .gauge, .bytes, .costly, v2: "memory.stat anon",
            v1: "memory.stat total_rss", family: "cgroup_memory_anon_bytes",
            "Anonymous memory mapped."),
        Row("memory.file", .memory, .gauge, .bytes, .costly, v2: "memory.stat file",
            v1: "memory.stat total_cache", family: "cgroup_memory_file_bytes",
            "Page cache, shared memory included."),
        Row("memory.kernel", .memory, .gauge, .bytes, .costly, v2: "memory.stat kernel",
            v1: "memory.kmem.usage_in_bytes", family: "cgroup_memory_kernel_bytes",
            "Kernel memory of all kinds."),
        Row("memory.sock", .memory, .gauge, .bytes, .costly, v2: "memory.stat sock",
            v1: "memory.kmem.tcp.usage_in_bytes", family: "cgroup_memory_sock_bytes",
            "Socket buffers."),
        Row("memory.anon_thp", .memory, .gauge, .bytes, .costly, v2: "memory.stat anon_thp",
            v1: "memory.stat total_rss_huge", "Anonymous memory in transparent huge pages."),
        Row("memory.file_mapped", .memory, .gauge, .bytes, .costly, v2: "memory.stat file_mapped",
            v1: "memory.stat total_mapped_file", family: "cgroup_memory_file_mapped_bytes",
            "Page cache that is mapped."),
        Row("memory.file_dirty", .memory, .gauge, .bytes, .costly, v2: "memory.stat file_dirty",
            v1: "memory.stat total_dirty", family: "cgroup_memory_file_dirty_bytes",
            "Page cache that waits to be written."),
        Row("memory.file_writeback", .memory, .gauge, .bytes, .costly,
            v2: "memory.stat file_writeback", v1: "memory.stat total_writeback",
            family: "cgroup_memory_file_writeback_bytes", "Page cache that is being written."),
    ]

    private static let sharedStatRows: [Row] = [
        ("shmem", "Shared memory and tmpfs"),
        ("swapcached", "Swap that is also held in RAM"),
        ("inactive_anon", "Anonymous memory not used lately"),
        ("active_anon", "Anonymous memory used lately"),
        ("inactive_file", "Page cache not used lately: the first to be reclaimed"),
        ("active_file", "Page cache used lately"),
        ("unevictable", "Memory that cannot be reclaimed"),
    ].map { (key: String, help: String) -> Row in
        Row("memory.\(key)", .memory, .gauge, .bytes, .costly, v2: Source("memory.stat \(key)"),
            v1: Source("memory.stat total_\(key)"),
            family: key == "swapcached" ? nil : "cgroup_memory_\(key)_bytes", "\(help).")
    }

    private static let unifiedStatRows: [Row] = [
        ("kernel_stack", "Kernel stacks"), ("pagetables", "Page tables"),
        ("sec_pagetables", "Secondary page tables"), ("percpu", "Per-CPU kernel data"),
        ("vmalloc", "vmalloc memory"), ("zswap", "Compressed swap in RAM"),
        ("zswapped", "Memory that was compressed to swap"),
        ("zswap_incomp", "Incompressible memory in zswap"),
        ("file_thp", "Page cache in transparent huge pages"),
        ("shmem_thp", "Shared memory in transparent huge pages"),
        ("slab_reclaimable", "Slab that can be reclaimed"),
        ("slab_unreclaimable", "Slab that cannot be reclaimed"), ("slab", "Slab"),
        ("hugetlb", "hugetlb memory, where it is charged here"),
    ].map { (key: String, help: String) -> Row in
        let exported = ["slab_reclaimable", "slab_unreclaimable"].contains(key)
        return Row("memory.\(key)", .memory, .gauge, .bytes, .costly,
            v2: Source("memory.stat \(key)"),
            family: exported ? "cgroup_memory_\(key)_bytes" : nil, "\(help).")
    }

    private static let faultRows: [Row] = [
        ("pgfault", "Page faults"), ("pgmajfault", "Page faults that needed I/O"),
        ("workingset_refault_anon", "Anonymous pages that came back soon after reclaim"),
        ("workingset_refault_file", "Cache pages that came back soon after reclaim"),
    ].map { (key: String, help: String) -> Row in
        Row("memory.\(key)", .memory, .counter, .count, .costly, v2: Source("memory.stat \(key)"),
            v1: Source("memory.stat total_\(key)"), family: "cgroup_memory_\(key)_total",
            "\(help).")
    }

    private static let legacyPagingRows: [Row] = ["pgpgin", "pgpgout"].map { (key: String) -> Row in
        Row("memory.\(key)", .memory, .counter, .count, .costly,
            v1: Source("memory.stat total_\(key)"),
            "Pages \(key == "pgpgin" ? "charged to" : "released from") the cgroup (v1).")
    }

    private static let unifiedEventRows: [Row] = [
        "pgscan", "pgsteal", "pswpin", "pswpout", "pgscan_kswapd", "pgscan_direct",
        "pgscan_khugepaged", "pgscan_proactive", "pgsteal_kswapd", "pgsteal_direct",
        "pgsteal_khugepaged", "pgsteal_proactive", "pgrefill", "pgactivate", "pgdeactivate",
        "pglazyfree", "pglazyfreed", "workingset_activate_anon", "workingset_activate_file",
        "workingset_restore_anon", "workingset_restore_file", "workingset_nodereclaim",
        "pgdemote_kswapd", "pgdemote_direct", "pgdemote_khugepaged", "pgdemote_proactive",
        "pgpromote_success", "numa_pages_migrated", "numa_pte_updates", "numa_hint_faults",
        "numa_task_migrated", "numa_task_swapped", "thp_fault_alloc", "thp_collapse_alloc",
        "thp_swpout", "thp_swpout_fallback", "zswpin", "zswpout", "zswpwb", "swpin_zero",
        "swpout_zero",
    ].map { (key: String) -> Row in
        let exported = ["pgscan", "pgsteal"].contains(key)
        return Row("memory.\(key)", .memory, .counter, .count, .costly,
            v2: Source("memory.stat \(key)"),
            family: exported ? "cgroup_memory_\(key)_total" : nil,
            "The kernel's \(key) events of memory.stat.")
    }

    /// The plain v1 keys count the cgroup alone, without its descendants.
    private static let localRows: [Row] = [
        ("cache", MetricKind.gauge, MetricUnit.bytes), ("rss", .gauge, .bytes),
        ("rss_huge", .gauge, .bytes), ("shmem", .gauge, .bytes), ("mapped_file", .gauge, .bytes),
        ("dirty", .gauge, .bytes), ("writeback", .gauge, .bytes), ("swap", .gauge, .bytes),
        ("swapcached", .gauge, .bytes), ("inactive_anon", .gauge, .bytes),
        ("active_anon", .gauge, .bytes), ("inactive_file", .gauge, .bytes),
        ("active_file", .gauge, .bytes), ("unevictable", .gauge, .bytes),
        ("pgpgin", .counter, .count), ("pgpgout", .counter, .count), ("pgfault", .counter, .count),
        ("pgmajfault", .counter, .count), ("workingset_refault_anon", .counter, .count),
        ("workingset_refault_file", .counter, .count),
    ].map { (key: String, kind: MetricKind, unit: MetricUnit) -> Row in
        Row("memory.local.\(key)", .memory, kind, unit, .detail, v1: Source("memory.stat \(key)"),
            "memory.stat \(key) of this cgroup alone, without descendants (v1).")
    }

    /// Per NUMA node; v1 counts pages, v2 bytes (event counts stay counts).
    private static let numaRows: [Row] = ["total", "file", "anon", "unevictable"].map { (key: String) -> Row in
        Row("memory.numa.\(key)", .memory, .gauge, .bytes, .detail, by: .node,
            v2: key == "total" ? nil : Source("memory.numa_stat \(key)"),
            v1: .pages("memory.numa_stat hierarchical_\(key)"), "Memory on each node: \(key).")
    }

    private static let unifiedNumaRows: [Row] = [
        "kernel_stack", "pagetables", "shmem", "file_mapped", "file_dirty", "file_writeback",
        "inactive_anon", "active_anon", "inactive_file", "active_file", "slab_reclaimable",
        "slab_unreclaimable",
    ].map { (key: String) -> Row in
        Row("memory.numa.\(key)", .memory, .gauge, .bytes, .detail, by: .node,
            v2: Source("memory.numa_stat \(key)"), "Memory on each node: \(key).")
    }
}
