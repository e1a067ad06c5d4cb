extension LimitCatalog {
    /// CPU time and cpusets; `nesting` orders a burst after its quota, which it must not exceed.
    static let cpuRows: [Limit] = [
        row(
            "cpu.max", .cpu, .cpus,
            v2: [LimitFile("cpu.max", .quotaAndPeriod, systemd: quota, initial: "max 100000")],
            v1: [LimitFile("cpu.cfs_quota_us", .quota, systemd: quota)],
            limits: "cpu.usage_usec",
            note: "v1 rejects values above the parent's or below a child's.",
            "CPU time per period, in CPUs."),
        row(
            "cpu.max.period", .cpu, .time(1000...1_000_000, unlimited: false),
            v2: [LimitFile("cpu.max", .periodOfQuota, systemd: period, initial: "max 100000")],
            v1: [number("cpu.cfs_period_us", unlimited: nil, systemd: period)],
            note: "A new period does not change the number of CPUs.",
            "Length of the quota's period, 1ms to 1s."),
        row(
            "cpu.max.burst", .cpu, .time(0...17_592_186_044_415, unlimited: false),
            v2: [number("cpu.max.burst", unlimited: nil)],
            v1: [number("cpu.cfs_burst_us", unlimited: nil)], nesting: 1,
            "Unused quota that may accumulate, at most the quota of one period."),
        row(
            "cpu.weight", .cpu, .weight(1...10000),
            v2: [
                number(
                    "cpu.weight", unlimited: nil, systemd: UnitProperty("CPUWeight", since: 232),
                    initial: "100")
            ],
            v1: [
                LimitFile("cpu.shares", .shares, systemd: UnitProperty("CPUShares", since: 213))
            ], shown: ["cpu.weight", "cpu.shares"], nesting: 1,
            note: "v1 shares are the weight times 10.24.",
            "Share of CPU time relative to siblings, 100 by default."),
        row(
            "cpu.idle", .cpu, .flag,
            v2: [
                number(
                    "cpu.idle", unlimited: nil,
                    systemd: UnitProperty("CPUWeight", since: 252, .idle))
            ],
            v1: [number("cpu.idle", unlimited: nil)],
            note: "Idle resets the weight.",
            "Whether it runs only on otherwise idle CPUs."),
        clamp("cpu.uclamp.min", "Lowest CPU utilization that frequency selection assumes."),
        clamp("cpu.uclamp.max", "Highest CPU utilization that frequency selection assumes."),
        row(
            "cpuset.cpus", .cpuset, .cpuList,
            v2: [
                LimitFile(
                    "cpuset.cpus", .text,
                    systemd: UnitProperty("AllowedCPUs", since: 244, .mask), initial: "")
            ],
            v1: [LimitFile("cpuset.cpus", .text)],
            note: "v1 accepts only the parent's CPUs; v2 ignores other CPUs.",
            "CPUs that it may run on."),
        row(
            "cpuset.mems", .cpuset, .nodeList,
            v2: [
                LimitFile(
                    "cpuset.mems", .text,
                    systemd: UnitProperty("AllowedMemoryNodes", since: 244, .mask), initial: "")
            ],
            v1: [LimitFile("cpuset.mems", .text)],
            note: "v2 migrates pages on other nodes.",
            "Memory nodes that it may use."),
        row(
            "cpuset.cpus.partition", .cpuset, .word(["member", "root", "isolated"]),
            v2: [LimitFile("cpuset.cpus.partition", .text)], nesting: 9,
            note: "An impossible partition is accepted and reads back as invalid.",
            formerly: ["cpuset.partition"],
            "Partition type: member, root or isolated (v2)."),
        row(
            "cpuset.cpus.exclusive", .cpuset, .cpuList,
            v2: [LimitFile("cpuset.cpus.exclusive", .text)],
            note: "They must be CPUs of the parent and of no sibling.",
            "CPUs that partitions here or below may use (v2)."),
    ]

    private static let quota = UnitProperty("CPUQuotaPerSecUSec", since: 213, .quota)
    private static let period = UnitProperty("CPUQuotaPeriodUSec", since: 242, .period)

    private static func clamp(_ name: String, _ help: String) -> Limit {
        row(
            name, .cpu, .percent, v2: [LimitFile(name, .percent)], v1: [LimitFile(name, .percent)],
            note: "The kernel must have CONFIG_UCLAMP_TASK_GROUP; max is 100%.", help)
    }
}
