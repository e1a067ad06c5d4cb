extension MetricCatalog {
    static let cpuRows: [Row] = timeRows + memberRows + cpusetRows + cpusetFlagRows

    /// In v1, a process may be in a different cgroup in each hierarchy; this counts the cpu
    /// hierarchy.
    private static let memberRows: [Row] = [
        Row(
            "cgroup.processes", .cpu, .gauge, .count, .detail, v2: "cgroup.procs",
            v1: "cgroup.procs", family: "cgroup_processes", in: .extra(.processes),
            "Processes in this cgroup itself, zombies not counted on v2.")
    ]

    private static let timeRows: [Row] = [
        Row(
            "cpu.usage_usec", .cpuacct, .counter, .microseconds, .tick,
            v2: "cpu.stat usage_usec", v1: .nanoseconds("cpuacct.usage"),
            family: "cgroup_cpu_usage_seconds_total", in: .basic, rateFormerly: ["cpu.usage"],
            "CPU time used, descendants included."),
        Row(
            "cpu.user_usec", .cpuacct, .counter, .microseconds, .tick,
            v2: "cpu.stat user_usec", v1: .ticks("cpuacct.stat user"),
            family: "cgroup_cpu_user_seconds_total", in: .basic, rateFormerly: ["cpu.user"],
            "CPU time spent in user mode."),
        Row(
            "cpu.system_usec", .cpuacct, .counter, .microseconds, .tick,
            v2: "cpu.stat system_usec", v1: .ticks("cpuacct.stat system"),
            family: "cgroup_cpu_system_seconds_total", in: .basic, rateFormerly: ["cpu.system"],
            "CPU time spent in the kernel."),
        Row(
            "cpu.nice_usec", .cpuacct, .counter, .microseconds, .tick, v2: "cpu.stat nice_usec",
            "CPU time spent by niced tasks."),
        Row(
            "cpu.core_sched.force_idle_usec", .cpu, .counter, .microseconds, .tick,
            v2: "cpu.stat core_sched.force_idle_usec",
            "Time that core scheduling forced a sibling CPU to idle."),
        Row(
            "cpu.nr_periods", .cpu, .counter, .count, .tick, v2: "cpu.stat nr_periods",
            v1: "cpu.stat nr_periods", family: "cgroup_cpu_periods_total", in: .basic,
            "Quota periods in which the cgroup was runnable."),
        Row(
            "cpu.nr_throttled", .cpu, .counter, .count, .tick, v2: "cpu.stat nr_throttled",
            v1: "cpu.stat nr_throttled", family: "cgroup_cpu_throttled_periods_total", in: .basic,
            "Quota periods in which the cgroup was throttled."),
        Row(
            "cpu.throttled_usec", .cpu, .counter, .microseconds, .tick,
            v2: "cpu.stat throttled_usec", v1: .nanoseconds("cpu.stat throttled_time"),
            family: "cgroup_cpu_throttled_seconds_total", in: .basic,
            formerly: ["cpu.throttled_time"],
            "Time throttled by the quota, summed over CPUs."),
        Row(
            "cpu.nr_bursts", .cpu, .counter, .count, .tick, v2: "cpu.stat nr_bursts",
            v1: "cpu.stat nr_bursts", family: "cgroup_cpu_bursts_total",
            "Quota periods in which burst time was used."),
        Row(
            "cpu.burst_usec", .cpu, .counter, .microseconds, .tick, v2: "cpu.stat burst_usec",
            v1: .nanoseconds("cpu.stat burst_time"), family: "cgroup_cpu_burst_seconds_total",
            "Time used above the quota by bursting."),
        Row(
            "cpu.wait_usec", .cpu, .counter, .microseconds, .tick,
            v1: .nanoseconds("cpu.stat wait_sum"), "Time tasks waited for a CPU (v1, schedstats)."
        ),
        Row(
            "cpu.local.throttled_usec", .cpu, .counter, .microseconds, .detail,
            v2: "cpu.stat.local throttled_usec", v1: .nanoseconds("cpu.stat.local throttled_time"),
            "Time throttled by the quota of the cgroup or of any ancestor, summed over CPUs."),
        Row(
            "cpu.max", .cpu, .limit, .microseconds, .settings, v2: "cpu.max 0",
            v1: "cpu.cfs_quota_us", family: "cgroup_cpu_quota_seconds", in: .basic,
            "CPU time allowed per period."),
        Row(
            "cpu.max.period", .cpu, .setting, .microseconds, .settings, v2: "cpu.max 1",
            v1: "cpu.cfs_period_us", family: "cgroup_cpu_period_seconds", in: .basic,
            "Length of a quota period."),
        Row(
            "cpu.max.burst", .cpu, .setting, .microseconds, .settings, v2: "cpu.max.burst",
            v1: "cpu.cfs_burst_us", "Unused quota that may accumulate."),
        Row(
            "cpu.weight", .cpu, .setting, .weight, .settings, v2: "cpu.weight",
            v1: .shares("cpu.shares"), family: "cgroup_cpu_weight",
            "Share of CPU time relative to siblings, 1 to 10000."),
        Row(
            "cpu.weight.nice", .cpu, .setting, .signed, .settings, v2: "cpu.weight.nice",
            "The nearest nice value of the weight, -20 to 19."),
        Row(
            "cpu.shares", .cpu, .setting, .weight, .settings, v1: "cpu.shares",
            family: "cgroup_cpu_shares", "The weight in v1's unit, 2 to 262144 (v1)."),
        Row(
            "cpu.idle", .cpu, .setting, .flag, .settings, v2: "cpu.idle", v1: "cpu.idle",
            "Whether the cgroup runs only on otherwise idle CPUs."),
        Row(
            "cpu.uclamp.min", .cpu, .limit, .percentHundredths, .settings, v2: "cpu.uclamp.min",
            v1: "cpu.uclamp.min", "Lowest utilization that frequency selection assumes."),
        Row(
            "cpu.uclamp.max", .cpu, .limit, .percentHundredths, .settings, v2: "cpu.uclamp.max",
            v1: "cpu.uclamp.max", "Highest utilization that frequency selection assumes."),
        Row(
            "cpu.rt_runtime_us", .cpu, .limit, .microseconds, .settings, v1: "cpu.rt_runtime_us",
            "Real-time CPU time allowed in each real-time period (v1)."),
        Row(
            "cpu.rt_period_us", .cpu, .setting, .microseconds, .settings, v1: "cpu.rt_period_us",
            "Length of a real-time period (v1)."),
        Row(
            "percpu.usage_usec", .cpuacct, .counter, .microseconds, .detail, by: .cpu,
            v1: .nanoseconds("cpuacct.usage_percpu"),
            family: "cgroup_percpu_usage_seconds_total", in: .extra(.perCPU),
            "CPU time used on each possible CPU (v1)."),
        Row(
            "percpu.user_usec", .cpuacct, .counter, .microseconds, .detail, by: .cpu,
            v1: .nanoseconds("cpuacct.usage_percpu_user"), "User time on each possible CPU (v1)."),
        Row(
            "percpu.system_usec", .cpuacct, .counter, .microseconds, .detail, by: .cpu,
            v1: .nanoseconds("cpuacct.usage_percpu_sys"), "System time on each possible CPU (v1)."),
    ]

    private static let cpusetRows: [Row] = [
        Row(
            "cpuset.cpus", .cpuset, .text, .none, .settings, v2: "cpuset.cpus", v1: "cpuset.cpus",
            "Requested CPUs; empty if not set."),
        Row(
            "cpuset.cpus.effective", .cpuset, .text, .none, .settings,
            v2: "cpuset.cpus.effective", v1: "cpuset.effective_cpus",
            "CPUs that the cgroup may run on."),
        Row(
            "cpuset.mems", .cpuset, .text, .none, .settings, v2: "cpuset.mems", v1: "cpuset.mems",
            "Requested memory nodes; empty if not set."),
        Row(
            "cpuset.mems.effective", .cpuset, .text, .none, .settings,
            v2: "cpuset.mems.effective", v1: "cpuset.effective_mems",
            "Memory nodes that the cgroup may use."),
        Row(
            "cpuset.cpus.partition", .cpuset, .text, .none, .settings,
            v2: "cpuset.cpus.partition", "member, root or isolated, with the reason if invalid."),
        Row(
            "cpuset.cpus.exclusive", .cpuset, .text, .none, .settings,
            v2: "cpuset.cpus.exclusive", "CPUs requested for a partition."),
        Row(
            "cpuset.cpus.exclusive.effective", .cpuset, .text, .none, .settings,
            v2: "cpuset.cpus.exclusive.effective", "CPUs that partitions may use."),
        Row(
            "cpuset.cpus.isolated", .cpuset, .text, .none, .settings,
            v2: "cpuset.cpus.isolated", "CPUs in isolated partitions (root)."),
        Row(
            "cpuset.memory_pressure", .cpuset, .gauge, .count, .settings,
            v1: "cpuset.memory_pressure", "Rate of direct reclaims times 1000, half-life 10 s (v1)."
        ),
        Row(
            "cpuset.memory_pressure_enabled", .cpuset, .setting, .flag, .settings,
            v1: "cpuset.memory_pressure_enabled",
            "Whether memory_pressure is computed, for all cpusets (v1, root)."),
        Row(
            "cpuset.sched_relax_domain_level", .cpuset, .setting, .signed, .detail,
            v1: "cpuset.sched_relax_domain_level",
            "Range in which an idle CPU looks for tasks (v1)."),
    ]

    private static let cpusetFlagRows: [Row] = [
        ("cpu_exclusive", "Whether no sibling may share the CPUs"),
        ("mem_exclusive", "Whether no sibling may share the memory nodes"),
        ("mem_hardwall", "Whether kernel allocations stay on the memory nodes"),
        ("memory_migrate", "Whether pages follow a change of the memory nodes"),
        ("memory_spread_page", "Whether page cache is spread over the memory nodes"),
        ("memory_spread_slab", "Whether slab is spread over the memory nodes"),
        ("sched_load_balance", "Whether tasks are balanced over the CPUs"),
    ].map { (flag: String, help: String) -> Row in
        Row(
            "cpuset.\(flag)", .cpuset, .setting, .flag, .detail, v1: Source("cpuset.\(flag)"),
            "\(help) (v1).")
    }
}
