/// How an interface file is laid out; the names follow the kernel's cgroup-v2 document.
public enum InterfaceFormat: Sendable {
    /// One number, `max` or `-1`.
    case singleValue
    /// `KEY VALUE` lines.
    case flatKeyed
    /// One line of values; the key is the position.
    case spaceSeparated
    /// `some avg10=0.00 … total=0` lines; the key is `some.avg10`.
    case pressure
    /// `NAME KEY=VALUE …` lines; the name is a device or a resource.
    case nestedKeyed
    /// `NAME VALUE` lines with the name as the dimension; a `default` line is a key of its own.
    case named
    /// v1 blkio `MAJ:MIN Operation VALUE` lines.
    case deviceOperations
    /// One value for each CPU.
    case perCPU
    /// `KEY N0=VALUE …` lines; the node is the dimension.
    case numa
    /// The whole file as one word.
    case text
    /// One process a line; their number is the value.
    case lineCount

    /// The format of the file of a row.
    public static func of(_ metric: Metric, _ source: Source) -> InterfaceFormat {
        let file = source.file
        if file.hasSuffix(".pressure"), file != "cgroup.pressure" { return .pressure }
        if metric.kind == .text || source.conversion == .frozenState { return .text }
        if file.hasSuffix(".numa_stat") { return .numa }
        switch file {
        case "cgroup.procs": return .lineCount
        case "cpu.max": return .spaceSeparated
        case "io.stat", "io.max", "io.latency", "io.cost.qos", "io.cost.model", "rdma.current",
            "rdma.max":
            return .nestedKeyed
        case "io.weight", "io.bfq.weight": return .named
        default: break
        }
        if metric.dimension == .cpu { return .perCPU }
        if ["blkio.throttle.io_", "blkio.bfq.io_", "blkio.io_"].contains(where: file.hasPrefix) {
            return .deviceOperations
        }
        if metric.dimension == .pageSize { return source.key == nil ? .singleValue : .flatKeyed }
        if metric.dimension != nil { return .named }
        return source.key == nil ? .singleValue : .flatKeyed
    }
}
