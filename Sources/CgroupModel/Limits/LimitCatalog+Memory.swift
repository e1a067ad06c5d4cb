extension LimitCatalog {
    /// Memory and swap.
    ///
    /// `nesting` orders the related limits: v1 requires the limit on memory and swap (memsw) to be
    /// at least the memory limit.
    static let memoryRows: [Limit] = [
        row(
            "memory.max", .memory, .bytes,
            v2: [number("memory.max", systemd: memoryMax, initial: "max")],
            v1: [number("memory.limit_in_bytes", unlimited: "-1", systemd: memoryMax)],
            limits: "memory.current", nesting: 1,
            note: "If it is below usage, v1 refuses it (EBUSY); v2 reclaims memory, then kills.",
            "Hard limit of memory, page cache included."),
        row(
            "memory.memsw.max", .memory, .bytes,
            v2: [LimitFile("memory.swap.max", .swapBeyondMemory)],
            v1: [number("memory.memsw.limit_in_bytes", unlimited: "-1")],
            limits: "memory.current",
            note: "v2 limits swap alone: memory.swap.max becomes the total minus memory.max.",
            formerly: ["memory.total"],
            "Hard limit of memory and swap together; at least memory.max."),
        row(
            "memory.swap.max", .memory, .bytes,
            v2: [number("memory.swap.max", systemd: UnitProperty("MemorySwapMax", since: 232))],
            limits: "memory.swap.current",
            note: "v1 limits memory and swap together: set memory.memsw.max.",
            "Hard limit of swap alone (v2)."),
        row(
            "memory.swap.high", .memory, .bytes, v2: [number("memory.swap.high")],
            limits: "memory.swap.current",
            "Swap usage above which allocations are throttled, so that a userspace OOM killer can "
                + "act (v2)."),
        row(
            "memory.soft_limit", .memory, .bytes, v2: [memoryHigh],
            v1: [number("memory.soft_limit_in_bytes", unlimited: "-1")],
            shown: ["memory.high", "memory.soft_limit"], limits: "memory.current", nesting: 2,
            note: "v2 throttles above it (memory.high); v1 only reclaims from such cgroups first, "
                + "when the whole host is short of memory.",
            formerly: ["memory.soft"],
            "Soft limit of memory."),
        row(
            "memory.high", .memory, .bytes, v2: [memoryHigh], limits: "memory.current", nesting: 2,
            note: "v1 has no equivalent; memory.soft_limit is the closest.",
            "Limit above which tasks are throttled and made to reclaim memory (v2)."),
        row(
            "memory.low", .memory, .bytes,
            v2: [
                number("memory.low", systemd: UnitProperty("MemoryLow", since: 231), initial: "0")
            ],
            limits: "memory.current",
            "Memory reclaimed only after unprotected memory (v2)."),
        row(
            "memory.min", .memory, .bytes,
            v2: [
                number("memory.min", systemd: UnitProperty("MemoryMin", since: 240), initial: "0")
            ],
            limits: "memory.current",
            "Memory that is never reclaimed (v2)."),
        row(
            "memory.oom.group", .memory, .flag, v2: [number("memory.oom.group", unlimited: nil)],
            "Whether the OOM killer kills all tasks of the cgroup (v2)."),
        row(
            "memory.zswap.max", .memory, .bytes,
            v2: [number("memory.zswap.max", systemd: UnitProperty("MemoryZSwapMax", since: 253))],
            "Hard limit of compressed swap (v2)."),
        row(
            "memory.zswap.writeback", .memory, .flag,
            v2: [
                number(
                    "memory.zswap.writeback", unlimited: nil,
                    systemd: UnitProperty("MemoryZSwapWriteback", since: 256, .flag))
            ],
            note: "An ancestor's 0 applies to all below it.",
            "Whether compressed swap may be written to disk (v2)."),
        row(
            "memory.kmem.max", .memory, .bytes,
            refusal: "the kernel accepts a limit of kernel memory but has ignored it since Linux "
                + "5.16; set memory.max, which counts kernel memory",
            "Hard limit of kernel memory."),
    ]

    private static let memoryMax = UnitProperty("MemoryMax", since: 231)
    private static let memoryHigh = number(
        "memory.high", systemd: UnitProperty("MemoryHigh", since: 231), initial: "max")
}
