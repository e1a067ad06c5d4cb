/// What a finding says; the order of the cases is the order of findings of the same severity and
/// share of lost time.
///
/// The first finding is the verdict, so the table below decides what a person reads first.
package enum FindingKind: String, CaseIterable, Sendable {
    case gone
    case frozen
    case underOOM = "under_oom"
    case killed = "oom_killed"
    case memoryFull = "memory_full"
    case forksFail = "forks_fail"
    case memorySoon = "memory_soon"
    case quota
    case memoryHigh = "memory_high"
    case memoryReclaim = "memory_reclaim"
    case ioLimit = "io_limit"
    case cpuset
    case weight
    case cpuWait = "cpu_wait"
    case memoryWait = "memory_wait"
    case ioWait = "io_wait"
    case limitSoon = "limit_soon"
    case near
    case unreadable
    case empty
    case healthy

    /// A row of the table.
    package struct Row: Sendable {
        /// What runs short; nil for a finding about the cgroup as a whole.
        package let resource: Resource?
        /// The severity, unless a measured share or time says otherwise.
        package let severity: Severity
        /// What it means, in one sentence.
        package let help: String
        /// The reason for its rank.
        package let why: String

        init(_ resource: Resource?, _ severity: Severity, _ help: String, _ why: String) {
            self.resource = resource
            self.severity = severity
            self.help = help
            self.why = why
        }
    }

    /// The facts about this kind.
    package var row: Row {
        switch self {
        case .gone:
            Row(
                nil, .stuck, "The cgroup was removed while it was watched.",
                "a removed cgroup has no other values")
        case .frozen:
            Row(
                .freezer, .stuck, "The cgroup or an ancestor is frozen.",
                "no task runs, so no limit matters")
        case .underOOM:
            Row(
                .memory, .stuck, "Tasks wait for memory, because the OOM killer is disabled (v1).",
                "tasks may wait forever instead of being killed")
        case .killed:
            Row(
                .memory, .failing, "The OOM killer killed a process while the cgroup was watched.",
                "a kill cannot be undone")
        case .memoryFull:
            Row(
                .memory, .failing,
                "A hard memory limit is reached, and neither cache nor swap is left.",
                "the next allocation may cause an OOM kill")
        case .forksFail:
            Row(
                .pids, .failing, "A limit on tasks is reached, so forks fail.",
                "new processes fail, but running ones continue")
        case .memorySoon:
            Row(
                .memory, .soon,
                "A hard memory limit will be reached within ten minutes; failing if within one.",
                "a kill can still be prevented")
        case .quota:
            Row(
                .cpu, .slow, "A CPU quota throttles the cgroup.",
                "a quota stops all tasks, and explains CPU pressure")
        case .memoryHigh:
            Row(
                .memory, .slow, "Usage is above memory.high, so allocations are delayed (v2).",
                "the kernel delays allocations on purpose")
        case .memoryReclaim:
            Row(
                .memory, .slow,
                "A hard memory limit is reached, and pages in use are reclaimed.",
                "tasks spend time on reclaim")
        case .ioLimit:
            Row(
                .io, .slow, "A limit on the I/O rate of a device is reached.",
                "the kernel delays requests on purpose")
        case .cpuset:
            Row(
                .cpu, .slow,
                "Tasks wait for a CPU, and a cpuset allows only some of the host's CPUs.",
                "a weight can only share the CPUs that the cpuset allows")
        case .weight:
            Row(
                .cpu, .slow,
                "Tasks wait for a CPU, and weights give siblings a larger share.",
                "competitors share the available CPUs")
        case .cpuWait:
            Row(
                .cpu, .slow, "Tasks wait for a CPU, for none of the reasons above.",
                "no limit is to blame; there are too few CPUs")
        case .memoryWait:
            Row(
                .memory, .slow, "Tasks wait for memory, for none of the reasons above.",
                "no limit is to blame; the host is short of memory")
        case .ioWait:
            Row(
                .io, .slow, "Tasks wait for I/O, for none of the reasons above.",
                "no limit is to blame; the disk is slow or shared")
        case .limitSoon:
            Row(
                nil, .soon,
                "Another limit will be reached soon: memory within ten minutes, tasks within one.",
                "it is an estimate, not a measured loss")
        case .near:
            Row(
                nil, .note, "At least 90% of a limit is used.",
                "nothing is slow yet")
        case .unreadable:
            Row(
                nil, .note, "A limit of the cgroup or of an ancestor cannot be read.",
                "an unknown limit may be the cause")
        case .empty:
            Row(
                nil, .note, "The cgroup and its descendants have no processes.",
                "no process can be slow")
        case .healthy:
            Row(
                nil, .healthy, "No other finding applies.",
                "nothing else was found")
        }
    }

    var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// What a cgroup can run short of.
package enum Resource: String, CaseIterable, Sendable {
    case cpu, memory, io, pids, freezer
}
