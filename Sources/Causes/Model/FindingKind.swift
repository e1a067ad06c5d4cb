/// The kinds of findings, in the order in which findings of the same severity and share of lost
/// time are listed.
///
/// The first finding is the verdict, so this order decides what a user reads first.
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
        /// The resource; nil for a finding about the cgroup as a whole.
        package let resource: Resource?
        /// The severity, unless a measured share or time determines it.
        package let severity: Severity
        /// A description in one sentence.
        package let help: String
        /// The reason for its place in the order.
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
                "A hard memory limit is reached within ten minutes; the severity is failing if it "
                    + "leads to a kill within one.",
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
                "Tasks wait for CPUs, and a cpuset allows fewer CPUs than the host has.",
                "a list of CPUs limits what a weight can give")
        case .weight:
            Row(
                .cpu, .slow,
                "Tasks wait for busy CPUs, which are divided among siblings by weight.",
                "competitors share the available CPUs")
        case .cpuWait:
            Row(
                .cpu, .slow, "Tasks wait for a CPU, and no limit explains it.",
                "no limit is to blame; there are too few CPUs")
        case .memoryWait:
            Row(
                .memory, .slow, "Tasks wait for memory, and no limit explains it.",
                "no limit is to blame; the host is short of memory")
        case .ioWait:
            Row(
                .io, .slow, "Tasks wait for I/O, and no limit explains it.",
                "no limit is to blame; the disk is slow or shared")
        case .limitSoon:
            Row(
                nil, .soon,
                "A limit will be reached soon: memory within ten minutes, other limits within one.",
                "it is an estimate, while the others are measured")
        case .near:
            Row(
                nil, .note, "At least 90% of a limit is used.",
                "less than 10% is left, but no task is slowed yet")
        case .unreadable:
            Row(
                nil, .note, "A limit of the cgroup or of an ancestor cannot be read.",
                "an unknown limit may be the cause")
        case .empty:
            Row(
                nil, .note, "Neither the cgroup nor its descendants have processes.",
                "it has no task that could be slow")
        case .healthy:
            Row(
                nil, .healthy, "None of the causes above applies.",
                "nothing else was found")
        }
    }

    var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// A resource that a finding or a wait can be about.
package enum Resource: String, CaseIterable, Sendable {
    case cpu, memory, io, pids, freezer
}
