/// `memory.stat` and `memory.numa_stat`.
///
/// The sources are the hierarchical `total_*` keys in v1, and the keys of the same name in v2.
/// Values may be up to 2 s old, because the kernel collects them from every CPU.
extension MetricCatalog {
    static let statRows: [Row] = [
        Row(
            "memory.anon", .memory, .gauge, .bytes, .costly, v2: "memory.stat anon",
            v1: "memory.stat total_rss", family: "cgroup_memory_anon_bytes", in: .basic,
            "Anonymous memory mapped."),
        Row(
            "memory.file", .memory, .gauge, .bytes, .costly, v2: "memory.stat file",
            v1: "memory.stat total_cache", family: "cgroup_memory_file_bytes", in: .basic,
            "Page cache, shared memory included."),
        Row(
            "memory.kernel", .memory, .gauge, .bytes, .costly, v2: "memory.stat kernel",
            v1: "memory.kmem.usage_in_bytes", family: "cgroup_memory_kernel_bytes",
            "Kernel memory of all kinds."),
        Row(
            "memory.sock", .memory, .gauge, .bytes, .costly, v2: "memory.stat sock",
            v1: "memory.kmem.tcp.usage_in_bytes", family: "cgroup_memory_sock_bytes",
            "Socket buffers."),
        Row(
            "memory.anon_thp", .memory, .gauge, .bytes, .costly, v2: "memory.stat anon_thp",
            v1: "memory.stat total_rss_huge", "Anonymous memory in transparent huge pages."),
        Row(
            "memory.file_mapped", .memory, .gauge, .bytes, .costly, v2: "memory.stat file_mapped",
            v1: "memory.stat total_mapped_file", family: "cgroup_memory_file_mapped_bytes",
            "Page cache that is mapped."),
        Row(
            "memory.file_dirty", .memory, .gauge, .bytes, .costly, v2: "memory.stat file_dirty",
            v1: "memory.stat total_dirty", family: "cgroup_memory_file_dirty_bytes",
            "Page cache waiting to be written."),
        Row(
            "memory.file_writeback", .memory, .gauge, .bytes, .costly,
            v2: "memory.stat file_writeback", v1: "memory.stat total_writeback",
            family: "cgroup_memory_file_writeback_bytes", "Page cache being written."),
    ]

    static let sharedStatRows: [Row] = [
        ("shmem", "Shared memory and tmpfs"),
        ("swapcached", "Swap that is also held in RAM"),
        ("inactive_anon", "Anonymous memory not used recently"),
        ("active_anon", "Anonymous memory used recently"),
        ("inactive_file", "Page cache not used recently, reclaimed first"),
        ("active_file", "Page cache used recently"),
        ("unevictable", "Memory that cannot be reclaimed"),
    ].map { (key: String, help: String) -> Row in
        Row(
            "memory.\(key)", .memory, .gauge, .bytes, .costly, v2: Source("memory.stat \(key)"),
            v1: Source("memory.stat total_\(key)"),
            family: key == "swapcached" ? nil : "cgroup_memory_\(key)_bytes",
            in: key == "inactive_file" ? .basic : .full, "\(help).")
    }

    static let unifiedStatRows: [Row] = [
        ("kernel_stack", "Kernel stacks"), ("pagetables", "Page tables"),
        ("sec_pagetables", "Secondary page tables"), ("percpu", "Per-CPU kernel data"),
        ("vmalloc", "vmalloc memory"), ("zswap", "Compressed swap in RAM"),
        ("zswapped", "Memory swapped out to zswap"),
        ("zswap_incomp", "Incompressible memory in zswap"),
        ("file_thp", "Page cache in transparent huge pages"),
        ("shmem_thp", "Shared memory in transparent huge pages"),
        ("slab_reclaimable", "Slab that can be reclaimed"),
        ("slab_unreclaimable", "Slab that cannot be reclaimed"), ("slab", "Slab"),
        ("hugetlb", "hugetlb memory, if charged here"),
    ].map { (key: String, help: String) -> Row in
        let exported = ["slab_reclaimable", "slab_unreclaimable"].contains(key)
        return Row(
            "memory.\(key)", .memory, .gauge, .bytes, .costly,
            v2: Source("memory.stat \(key)"),
            family: exported ? "cgroup_memory_\(key)_bytes" : nil, "\(help).")
    }

    static let faultRows: [Row] = [
        ("pgfault", "Page faults"), ("pgmajfault", "Page faults that needed I/O"),
        ("workingset_refault_anon", "Anonymous pages that refaulted soon after reclaim"),
        ("workingset_refault_file", "Cache pages that refaulted soon after reclaim"),
    ].map { (key: String, help: String) -> Row in
        Row(
            "memory.\(key)", .memory, .counter, .count, .costly, v2: Source("memory.stat \(key)"),
            olderV2Key: olderKey(key), v1: Source("memory.stat total_\(key)"),
            family: "cgroup_memory_\(key)_total",
            in: key == "pgmajfault" ? .basic : .full, "\(help).")
    }

    static let legacyPagingRows: [Row] = ["pgpgin", "pgpgout"].map { (key: String) -> Row in
        Row(
            "memory.\(key)", .memory, .counter, .count, .costly,
            v1: Source("memory.stat total_\(key)"),
            "Pages \(key == "pgpgin" ? "charged to" : "released from") the cgroup (v1).")
    }

    static let unifiedEventRows: [Row] = [
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
        return Row(
            "memory.\(key)", .memory, .counter, .count, .costly,
            v2: Source("memory.stat \(key)"), olderV2Key: olderKey(key),
            family: exported ? "cgroup_memory_\(key)_total" : nil,
            "The kernel's \(key) events of memory.stat.")
    }

    /// The plain v1 keys, which exclude descendants.
    static let localRows: [Row] = [
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
        Row(
            "memory.local.\(key)", .memory, kind, unit, .detail, v1: Source("memory.stat \(key)"),
            "memory.stat \(key) of this cgroup alone, without descendants (v1).")
    }

    /// The key before Linux 5.9, which had working set keys only for the page cache, without a
    /// suffix.
    private static func olderKey(_ key: String) -> String? {
        key.hasPrefix("workingset_") && key.hasSuffix("_file") ? String(key.dropLast(5)) : nil
    }

    /// Memory per NUMA node; v1 counts pages, v2 bytes.
    static let numaRows: [Row] = ["total", "file", "anon", "unevictable"].map {
        (key: String) -> Row in
        Row(
            "memory.numa.\(key)", .memory, .gauge, .bytes, .detail, by: .node,
            v2: key == "total" ? nil : Source("memory.numa_stat \(key)"),
            v1: .pages("memory.numa_stat hierarchical_\(key)"),
            family: "cgroup_memory_numa_\(key)_bytes", in: .extra(.numa),
            "Memory on each node: \(key).")
    }

    static let localNumaRows: [Row] = ["total", "file", "anon", "unevictable"].map {
        (key: String) -> Row in
        Row(
            "memory.local.numa.\(key)", .memory, .gauge, .bytes, .detail, by: .node,
            v1: .pages("memory.numa_stat \(key)"),
            family: "cgroup_memory_local_numa_\(key)_bytes", in: .extra(.numa),
            "Memory on each node without descendants (v1): \(key).")
    }

    static let unifiedNumaRows: [Row] =
        [
            "kernel_stack", "pagetables", "sec_pagetables", "shmem", "file_mapped", "file_dirty",
            "file_writeback", "swapcached", "anon_thp", "file_thp", "shmem_thp", "inactive_anon",
            "active_anon", "inactive_file", "active_file", "slab_reclaimable",
            "slab_unreclaimable", "hugetlb",
        ].map { (key: String) -> Row in
            Row(
                "memory.numa.\(key)", .memory, .gauge, .bytes, .detail, by: .node,
                v2: Source("memory.numa_stat \(key)"), "Memory on each node: \(key).")
        }
        + [
            "workingset_refault_anon", "workingset_refault_file", "workingset_activate_anon",
            "workingset_activate_file", "workingset_restore_anon", "workingset_restore_file",
            "workingset_nodereclaim", "pgdemote_kswapd", "pgdemote_direct", "pgdemote_khugepaged",
            "pgdemote_proactive", "pgpromote_success", "pgscan_kswapd", "pgscan_direct",
            "pgscan_khugepaged", "pgscan_proactive", "pgsteal_kswapd", "pgsteal_direct",
            "pgsteal_khugepaged", "pgsteal_proactive", "pgrefill",
        ].map { (key: String) -> Row in
            Row(
                "memory.numa.\(key)", .memory, .counter, .count, .detail, by: .node,
                v2: Source("memory.numa_stat \(key)"),
                "The kernel's \(key) events on each node.")
        }
}
