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
            "Soft memory limit, above which it is throttled (memory.soft_limit).", valueName: "size"
        ))
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

    /// All limits as assignments to unified names.
    var assignments: [String] {
        // `--cpus` implies its unit; everywhere else a number needs one.
        let cpus = cpus.map { Double($0) == nil ? $0 : "\($0)cpus" }
        let usual: [(String, String?)] = [
            // Memory alone cannot exceed memory and swap together.
            ("memory.max", memory ?? memoryTotal), ("memory.memsw.max", memoryTotal),
            ("memory.soft_limit", memorySoft),
            ("memory.swap.max", swap), ("cpu.max", cpus), ("cpu.weight", weight),
            ("cpuset.cpus", cpuset), ("cpuset.mems", mems), ("pids.max", pids),
        ]
        let given = usual.compactMap { name, value in value.map { "\(name)=\($0)" } }
        return given + io.map { "io.max=\($0)" } + others
    }

    func requests(on set: HierarchySet) throws -> [LimitRequest] {
        let host = HostFacts(set.system)
        return try LimitRequest.all(parsing: assignments, host: host)
    }
}
