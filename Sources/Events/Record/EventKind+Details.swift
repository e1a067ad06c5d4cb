package import CgroupModel

/// The texts and details of each kind of event.
///
/// The command's options, its JSON and its manual page derive from this table. A new kind needs a
/// case of `EventKind`, a row here, and a sentence in `Event+Text.swift`.
extension EventKind {
    /// A description in one sentence.
    package var help: String { row.help }

    /// The details that an event of this kind can have, in output order.
    package var details: [EventField] { row.details }

    private var row: (help: String, details: [EventField]) {
        switch self {
        case .born: ("A cgroup was created.", [])
        case .died:
            (
                "A cgroup was removed.",
                [.lifetime, .reading] + LifeTotals.rows.map(\.field) + [.cause]
            )
        case .oom: ("A cgroup ran out of memory and reclaim did not help.", [.count])
        case .oomKill:
            (
                "The OOM killer killed a process.",
                [
                    .source, .pid, .comm, .uid, .anonBytes, .fileBytes, .shmemBytes, .constraint,
                    .limitOwner, .limit, .limitBytes, .usageBytes, .usageFileBytes,
                ]
            )
        case .limitHit:
            ("A cgroup hit memory.high, memory.max or pids.max.", [.limit, .count])
        case .throttled:
            (
                "A CPU quota started or stopped throttling its cgroup.",
                [.state, .quota, .throttledTime, .throttledPeriods]
            )
        case .pressure:
            (
                "Tasks of a cgroup or of the host started or stopped waiting for a resource.",
                [.state, .resource, .share, .duration]
            )
        case .frozen: ("Every process of a cgroup is frozen.", [])
        case .thawed: ("A cgroup is no longer frozen.", [])
        case .moved: ("A cgroup got its first process or lost its last one.", [.state])
        case .changed:
            (
                "A limit was set to another value.",
                [
                    .limit, .instance, .file, .old, .new, .pid, .comm, .uid, .writerCgroup,
                    .writerUnit,
                    .by,
                ]
            )
        case .action:
            (
                "A policy acted, or reverted what it did.",
                [.by, .action, .change, .result, .reason]
            )
        case .unattributed:
            (
                "Removed children of a cgroup used resources that none of their readings shows.",
                LifeTotals.rows.filter(\.isInherited).map(\.field)
            )
        case .gap: ("Events may be missing.", [.cause, .duration, .count])
        }
    }
}

/// A detail of an event; its raw value is the JSON key.
package enum EventField: String, CaseIterable, Sendable, Hashable {
    case source, pid, comm, uid
    case anonBytes = "anon_bytes", fileBytes = "file_bytes", shmemBytes = "shmem_bytes"
    case constraint, limit, count, state, cause, resource, by, action, change, result, reason
    case limitOwner = "limit_owner", limitBytes = "limit_bytes"
    case usageBytes = "usage_bytes", usageFileBytes = "usage_file_bytes"
    case instance, file, old, new, reading
    case cpuTime = "cpu_usec", cpuUser = "cpu_user_usec", cpuSystem = "cpu_system_usec"
    case readBytes = "io_read_bytes", writtenBytes = "io_written_bytes"
    case pageFaults = "pgfault", majorFaults = "pgmajfault", oomKills = "oom_kills"
    case memoryPeak = "memory_peak_bytes", pidsPeak = "pids_peak"
    case writerCgroup = "writer_path", writerUnit = "writer_unit"
    case quota = "quota_cpus", throttledTime = "throttled_usec"
    case throttledPeriods = "nr_throttled", lifetime = "lifetime_usec", duration = "duration_usec"
    case share = "share_percent"
    case subtree

    /// A description in one sentence.
    package var help: String {
        switch self {
        case .source:
            "How the kill is known: log, counter (of the cgroup; the victim is unknown) or "
                + "unattributed (only the host's counter shows it)."
        case .pid: "The process ID of the victim or the writer, as the host numbers it."
        case .comm: "The command name of the victim or the writer."
        case .uid: "The user ID of the victim or the writer."
        case .anonBytes: "The victim's anonymous memory."
        case .fileBytes: "The victim's mapped files."
        case .shmemBytes: "The victim's shared memory."
        case .constraint: "Scope that ran out of memory: memcg, cpuset, mempolicy or host."
        case .limitOwner: "The cgroup whose limit was reached."
        case .limit: "The limit by its name, such as memory.max."
        case .limitBytes: "The limit's value."
        case .usageBytes: "The usage that the limit counts, at that time."
        case .usageFileBytes: "The page cache in that usage."
        case .count:
            "Occurrences since the last sample; for a gap, the number of lost events."
        case .state: "begin or end; populated or empty."
        case .instance: "The disk, page size, interface or resource of the limit."
        case .file: "The kernel's file, if the write was seen."
        case .old: "The old value, as `cgwarden set` accepts it."
        case .new: "The new value."
        case .writerCgroup: "The writer's cgroup."
        case .writerUnit: "The systemd unit of the writer's cgroup."
        case .by: "The part of the policy, or the command of cgwarden, that acted."
        case .reading:
            "Source of the totals: final (read after the last process ended), sample (the last "
                + "one before the end) or none."
        case .cpuTime: "The CPU time."
        case .cpuUser: "The CPU time in user mode."
        case .cpuSystem: "The CPU time in kernel mode."
        case .readBytes: "The bytes read from disks."
        case .writtenBytes: "The bytes written to disks."
        case .pageFaults: "The page faults."
        case .majorFaults: "The page faults that needed I/O."
        case .oomKills: "The processes killed by the OOM killer."
        case .memoryPeak: "The highest memory usage."
        case .pidsPeak: "The highest number of tasks."
        case .quota: "The quota in CPUs."
        case .throttledTime:
            "Time throttled since the event began, or in a removed cgroup's life; summed over CPUs."
        case .throttledPeriods:
            "Periods throttled since the event began, or in a removed cgroup's life."
        case .lifetime: "The age, if the birth was seen."
        case .cause:
            "Of a gap: suspend, late sample, kernel log overrun, write overrun, death overrun or "
                + "journal failure. "
                + "Of a removed cgroup: oom-kill, if it had OOM kills."
        case .duration: "The length of the gap, or of the pressure that ended."
        case .resource: "The resource: cpu, memory or io."
        case .share:
            "Share of time in which some task waited, when the pressure began; absent if the "
                + "kernel's trigger reported it."
        case .subtree: "If several events are in one, the cgroup that they are in or below."
        case .action: "The action: set, freeze, kill and so on."
        case .change: "The limits that it changed, with the values that it set."
        case .result: "done, partial, ineffective, failed, rolled_back, halfway, hung or dry_run."
        case .reason: "Why it acted, or why it failed."
        }
    }
}

/// The value of a detail.
package enum EventValue: Sendable, Hashable {
    case number(UInt64), decimal(Double), text(String), path(CgroupPath)
    /// Outside text as the kernel has it, such as a command name.
    case bytes([UInt8])
}
