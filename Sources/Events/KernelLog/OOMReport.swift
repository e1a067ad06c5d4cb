internal import CgroupModel

/// The parts of a report on an OOM kill before the line of the victim.
///
/// In a storm the kernel omits all of them, after 10 reports in 5 s, and logs only the line of the
/// victim.
///
/// Users choose the names of cgroups and commands, and the log does not quote them. Each part is
/// therefore delimited by what only the kernel can have written: a cpuset's name contains no `/`,
/// the owner of the limit is an ancestor of the victim's cgroup or is named in a line of its own,
/// and the last line repeats the victim's name and process ID.
struct OOMReport: Sendable {
    /// A usage and a limit in KiB.
    struct Amounts: Sendable {
        let usage, limit: UInt64

        /// Whether the limit is set.
        var isLimited: Bool { limit < 1 << 52 }
    }

    /// The cause, which the kernel repeats in the line of each victim.
    enum Cause: String, CaseIterable, Sendable {
        case memcg = "Memory cgroup out of memory"
        case host = "Out of memory"
        case allocatingTask = "Out of memory (oom_kill_allocating_task)"
    }

    /// The cause; nil until a line names it.
    var cause: Cause?
    /// The line `memory: usage …`.
    var memory: Amounts?
    /// The line `memory+swap: usage …` of v1.
    var memoryAndSwap: Amounts?

    /// The keys for page cache in a cgroup's statistics, the preferred first: that of v2, then that
    /// of v1 with descendants, then that of v1 without.
    static let fileKeys = ["file ", "total_cache ", "cache "].map { Array($0.utf8) }

    private var file: (bytes: UInt64, rank: Int)?
    private var summary: OOMSummary?
    /// The cgroup in `Memory cgroup stats for PATH:`, as escaped.
    private var owner: [UInt8]?
    /// The cgroups in `Task in PATH killed as a result of limit of PATH`.
    private var members: (task: [UInt8], owner: [UInt8])?
    /// The cgroup whose members are all killed (`memory.oom.group`), as escaped.
    private(set) var group: [UInt8]?
    /// Whether a victim of this report has been found.
    var isUsed = false

    init() {}

    /// Whether a victim can belong to the report.
    func includes(_ pid: UInt64) -> Bool { summary?.pid.map { $0 == pid } ?? true }

    /// Sets the page cache in bytes, unless a key of a lower rank has set it.
    mutating func setFile(_ bytes: UInt64?, rank: Int) {
        guard let bytes, rank <= file?.rank ?? .max else { return }
        file = (bytes, rank)
    }

    /// Parses a complete line.
    mutating func take(_ line: [UInt8]) {
        let text = line[...]
        if text.starts(with: "oom-kill:".utf8) {
            summary = OOMSummary(line)
        } else if let rest = text.after("Memory cgroup stats for ") {
            // Linux 4.18 has one such line for each descendant and continues it.
            guard owner == nil else { return }
            let end = rest.last == UInt8(ascii: ":") ? rest.endIndex - 1 : rest.firstIndex(of: ": ")
            owner = end.map { Array(rest[..<$0]) }
        } else if let rest = text.after("Tasks in "),
            let end = rest.lastIndex(of: " are going to be killed due to memory.oom.group set")
        {
            group = Array(rest[..<end])
        } else if let rest = text.after("Task in ") {
            let middle = " killed as a result of limit of "
            let splits = rest.indices(of: middle).map { start in
                (
                    task: Array(rest[..<start]),
                    owner: Array(rest[(start + middle.utf8.count)...])
                )
            }
            members = splits.first { Self.isWithin($0.task, $0.owner) }
        }
    }

    /// Adds the details of the report to a kill; `comm` is the victim's name as escaped.
    func complete(_ kill: inout OOMKill, comm: [UInt8]) {
        let places = summary?.places(comm: comm, owner: owner)
        let isMemcg = cause == .memcg || members != nil
        kill.constraint = summary?.constraint ?? (isMemcg ? .memcg : .host)
        let path = { (text: [UInt8]?) -> CgroupPath? in
            text.map { CgroupPath(normalising: KernelLogText.decoded($0)) }
        }
        if isUsed {
            kill.cgroup = path(group)
            kill.isGroupPresumed = true
        } else {
            kill.uid = kill.uid ?? summary?.uid
            kill.cgroup = path(summary == nil ? members?.task : places?.cgroup)
        }
        guard kill.constraint == .memcg else { return }
        kill.owner = path(places?.owner ?? members?.owner ?? owner)
        kill.usageFile = file?.bytes
        let isBoth = memoryAndSwap.map { both in
            both.isLimited && both.usage >= both.limit
                && memory.map { !$0.isLimited || $0.usage < $0.limit } ?? true
        }
        guard let amounts = isBoth == true ? memoryAndSwap : memory else { return }
        kill.usage = amounts.usage &* 1024
        if amounts.isLimited {
            kill.limit = amounts.limit &* 1024
            kill.limitName = isBoth == true ? "memory.memsw.max" : "memory.max"
        }
    }

    /// Whether a path is `ancestor` or a descendant of it.
    static func isWithin(_ path: [UInt8], _ ancestor: [UInt8]) -> Bool {
        CgroupPath(normalising: path).isWithin(CgroupPath(normalising: ancestor))
    }
}
