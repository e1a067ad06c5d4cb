import Actuation
import ArgumentParser
import CgroupModel
import Hierarchy

/// The limits of a run: short names for common ones, `--set` for any.
struct RunLimitOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Memory limit (memory.max).", valueName: "size"))
    var memory: String?
    @Option(
        help: ArgumentHelp("Limit of memory plus swap (memory.memsw.max).", valueName: "size"))
    var memoryTotal: String?
    @Option(
        help: ArgumentHelp(
            "Soft memory limit; only v2 throttles above it (memory.soft_limit).", valueName: "size")
    )
    var memorySoft: String?
    @Option(help: ArgumentHelp("Swap limit (memory.swap.max, v2).", valueName: "size"))
    var swap: String?
    @Option(help: ArgumentHelp("CPU limit, such as 1.5 CPUs (cpu.max).", valueName: "number"))
    var cpus: String?
    @Option(help: ArgumentHelp("CPU weight, default 100 (cpu.weight).", valueName: "n"))
    var weight: String?
    @Option(help: ArgumentHelp("Allowed CPUs (cpuset.cpus).", valueName: "list"))
    var cpuset: String?
    @Option(help: ArgumentHelp("Allowed memory nodes (cpuset.mems).", valueName: "list"))
    var mems: String?
    @Option(help: ArgumentHelp("Limit of processes and threads (pids.max).", valueName: "n"))
    var pids: String?
    @Option(
        parsing: .singleValue,
        help: ArgumentHelp(
            "Disk limit: rbps, wbps, riops, wiops (io.max).", valueName: "disk:key=rate"))
    var io: [String] = []
    @Option(
        name: .customLong("set"), parsing: .singleValue,
        help: ArgumentHelp("Any limit of `cgwarden set`.", valueName: "name=value"),
        completion: .settings)
    var others: [String] = []

    /// The limits with options of their own: the option, the limit and the value.
    private var named: [(option: String, limit: String, value: String)] {
        // `--cpus` implies its unit; everywhere else a number needs one.
        let cpus = cpus.map { Double($0) == nil ? $0 : "\($0)cpus" }
        let usual: [(String, String, String?)] = [
            ("--memory", "memory.max", memory),
            // Memory alone cannot exceed memory and swap together.
            ("--memory-total", "memory.max", memory == nil ? memoryTotal : nil),
            ("--memory-total", "memory.memsw.max", memoryTotal),
            ("--memory-soft", "memory.soft_limit", memorySoft),
            ("--swap", "memory.swap.max", swap), ("--cpus", "cpu.max", cpus),
            ("--weight", "cpu.weight", weight), ("--cpuset", "cpuset.cpus", cpuset),
            ("--mems", "cpuset.mems", mems), ("--pids", "pids.max", pids),
        ]
        var named: [(option: String, limit: String, value: String)] = []
        for (option, limit, value) in usual {
            if let value { named.append((option, limit, value)) }
        }
        for value in io { named.append(("--io", "io.max", value)) }
        return named
    }

    func requests(on set: HierarchySet) throws -> [LimitRequest] {
        let host = HostFacts(set.system)
        var requests: [LimitRequest] = []
        for (option, limit, value) in named {
            do {
                requests += try LimitRequest.all(parsing: "\(limit)=\(value)", host: host)
            } catch {
                // Names what was typed: the option, not the limit.
                let reason = "\(error)".replacing("\(limit)=", with: "\(option) ")
                let start = "\(limit): "
                throw LimitError(
                    "\(option): "
                        + (reason.hasPrefix(start)
                            ? String(reason.dropFirst(start.count)) : reason))
            }
        }
        return requests + (try LimitRequest.all(parsing: others, host: host))
    }
}
