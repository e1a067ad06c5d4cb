extension MetricCatalog {
    static let memoryRows: [Row] = [
        ownRows, eventRows, swapEventRows, statRows, sharedStatRows, unifiedStatRows,
        faultRows, legacyPagingRows, unifiedEventRows, localRows, numaRows, localNumaRows,
        unifiedNumaRows,
    ].flatMap { $0 }

    private static let ownRows: [Row] = [
        Row(
            "memory.current", .memory, .gauge, .bytes, .tick, v2: "memory.current",
            v1: "memory.usage_in_bytes", family: "cgroup_memory_current_bytes", in: .basic,
            formerly: ["memory.usage"],
            "Memory charged, page cache and kernel memory included, swap not. On v1, the "
                + "root's value leaves out kernel memory, so it can be below a child's."),
        Row(
            "memory.peak", .memory, .peak, .bytes, .costly, v2: "memory.peak",
            v1: "memory.max_usage_in_bytes", family: "cgroup_memory_peak_bytes", in: .basic,
            "Peak usage."),
        Row(
            "memory.max", .memory, .limit, .bytes, .settings, v2: "memory.max",
            v1: "memory.limit_in_bytes", family: "cgroup_memory_max_bytes", in: .basic,
            "Hard limit: above it the kernel reclaims, then kills."),
        Row(
            "memory.max.effective", .memory, .limit, .bytes, .costly,
            v1: "memory.stat hierarchical_memory_limit",
            "Lowest hard limit of the cgroup and its ancestors, as v1 reports it."),
        Row(
            "memory.high", .memory, .limit, .bytes, .settings, v2: "memory.high",
            family: "cgroup_memory_high_bytes", in: .basic,
            "Throttle limit: above it, tasks are slowed down."),
        Row(
            "memory.low", .memory, .limit, .bytes, .settings, v2: "memory.low",
            family: "cgroup_memory_low_bytes", "Best-effort protection from reclaim."),
        Row(
            "memory.min", .memory, .limit, .bytes, .settings, v2: "memory.min",
            family: "cgroup_memory_min_bytes", "Absolute protection from reclaim."),
        Row(
            "memory.soft_limit", .memory, .limit, .bytes, .settings,
            v1: "memory.soft_limit_in_bytes", family: "cgroup_memory_soft_limit_bytes",
            "v1 soft limit: only orders host-wide reclaim."),
        Row(
            "memory.swap.current", .memory, .gauge, .bytes, .costly, v2: "memory.swap.current",
            v1: "memory.stat total_swap", family: "cgroup_memory_swap_current_bytes", in: .basic,
            formerly: ["memory.swap"],
            "Swap in use."),
        Row(
            "memory.swap.max", .memory, .limit, .bytes, .settings, v2: "memory.swap.max",
            family: "cgroup_memory_swap_max_bytes",
            "Swap allowed; on v1 the RAM and swap limit minus the RAM limit."),
        Row(
            "memory.swap.high", .memory, .limit, .bytes, .settings, v2: "memory.swap.high",
            "Swap usage above which tasks are slowed down."),
        Row(
            "memory.swap.peak", .memory, .peak, .bytes, .settings, v2: "memory.swap.peak",
            "Peak swap usage."),
        Row(
            "memory.memsw.current", .memory, .gauge, .bytes, .settings,
            v1: "memory.memsw.usage_in_bytes", formerly: ["memory.memsw.usage"],
            "RAM and swap in use (v1)."),
        Row(
            "memory.memsw.peak", .memory, .peak, .bytes, .settings,
            v1: "memory.memsw.max_usage_in_bytes", "Peak RAM and swap usage (v1)."),
        Row(
            "memory.memsw.max", .memory, .limit, .bytes, .settings,
            v1: "memory.memsw.limit_in_bytes", "Hard limit for RAM and swap together (v1)."),
        Row(
            "memory.memsw.max.effective", .memory, .limit, .bytes, .costly,
            v1: "memory.stat hierarchical_memsw_limit",
            "Lowest RAM and swap limit of the cgroup and its ancestors (v1)."),
        Row(
            "memory.memsw.failcnt", .memory, .counter, .count, .settings,
            v1: "memory.memsw.failcnt", "Charges refused by the RAM and swap limit (v1)."),
        Row(
            "memory.failcnt", .memory, .counter, .count, .costly, v1: "memory.failcnt",
            "Charges that hit this cgroup's own limit (v1)."),
        Row(
            "memory.zswap.current", .memory, .gauge, .bytes, .costly, v2: "memory.zswap.current",
            "Compressed swap in RAM."),
        Row(
            "memory.zswap.max", .memory, .limit, .bytes, .settings, v2: "memory.zswap.max",
            "Compressed swap allowed."),
        Row(
            "memory.zswap.writeback", .memory, .setting, .flag, .settings,
            v2: "memory.zswap.writeback", "Whether compressed pages may be written to disk."),
        Row(
            "memory.oom.group", .memory, .setting, .flag, .settings, v2: "memory.oom.group",
            "Whether the OOM killer kills all tasks of the cgroup."),
        Row(
            "memory.oom_kill_disable", .memory, .setting, .flag, .costly,
            v1: "memory.oom_control oom_kill_disable",
            "Whether tasks wait at the limit instead of being killed (v1)."),
        Row(
            "memory.under_oom", .memory, .gauge, .flag, .costly,
            v1: "memory.oom_control under_oom", "Whether tasks wait for memory now (v1)."),
        Row(
            "memory.swappiness", .memory, .setting, .count, .settings, v1: "memory.swappiness",
            "Tendency to swap, 0 to 200 (v1)."),
        Row(
            "memory.use_hierarchy", .memory, .setting, .flag, .detail, v1: "memory.use_hierarchy",
            "Whether charges also count for the ancestors (v1)."),
        Row(
            "memory.move_charge_at_immigrate", .memory, .setting, .count, .detail,
            v1: "memory.move_charge_at_immigrate", "Which charges follow a moved task (v1)."),
        Row(
            "memory.kmem.max", .memory, .limit, .bytes, .detail, v1: "memory.kmem.limit_in_bytes",
            "Kernel memory limit (v1); without effect since 5.16."),
        Row(
            "memory.kmem.peak", .memory, .peak, .bytes, .detail,
            v1: "memory.kmem.max_usage_in_bytes", "Peak kernel memory (v1)."),
        Row(
            "memory.kmem.failcnt", .memory, .counter, .count, .detail, v1: "memory.kmem.failcnt",
            "Charges refused by the kernel memory limit (v1)."),
        Row(
            "memory.kmem.tcp.max", .memory, .limit, .bytes, .detail,
            v1: "memory.kmem.tcp.limit_in_bytes", "Socket buffer limit (v1)."),
        Row(
            "memory.kmem.tcp.peak", .memory, .peak, .bytes, .detail,
            v1: "memory.kmem.tcp.max_usage_in_bytes", "Peak socket buffer memory (v1)."),
        Row(
            "memory.kmem.tcp.failcnt", .memory, .counter, .count, .detail,
            v1: "memory.kmem.tcp.failcnt", "Charges refused by the socket buffer limit (v1)."),
    ]

    private static let eventRows: [Row] = [
        ("low", "Reclaims despite the low protection"),
        ("high", "Times throttled above memory.high"),
        ("max", "Charges that hit the hard limit"),
        ("oom", "Charges that failed for lack of memory"),
        ("oom_kill", "Processes killed by the OOM killer"),
        ("oom_group_kill", "Times the whole cgroup was killed by the OOM killer"),
        ("sock_throttled", "Socket memory throttles"),
    ].flatMap { (key: String, help: String) -> [Row] in
        let exported = key != "sock_throttled"
        let group: ExportGroup = key == "oom_kill" ? .basic : .full
        let legacy: Source? =
            ["max": "memory.failcnt", "oom_kill": "memory.oom_control oom_kill"][key]
        return [
            Row(
                "memory.events.\(key)", .memory, .counter, .count, .costly,
                v2: Source("memory.events \(key)"),
                family: exported ? "cgroup_memory_events_\(key)_total" : nil, in: group,
                formerly: formerEvents[key].map { [$0] } ?? [],
                "\(help), descendants included."),
            Row(
                "memory.events.local.\(key)", .memory, .counter, .count, .costly,
                v2: Source("memory.events.local \(key)"), v1: legacy,
                family: exported ? "cgroup_memory_events_local_\(key)_total" : nil, in: group,
                "\(help), this cgroup alone."),
        ]
    }

    private static let formerEvents = [
        "high": "memory.high_events", "max": "memory.max_events", "oom": "memory.oom_events",
        "oom_kill": "memory.oom_kills",
    ]

    private static let swapEventRows: [Row] = ["high", "max", "fail"].map { (key: String) -> Row in
        Row(
            "memory.swap.events.\(key)", .memory, .counter, .count, .settings,
            v2: Source("memory.swap.events \(key)"), "Swap events of kind \(key).")
    }
}
