/// The format of an interface file; the names follow the kernel's cgroup-v2.rst.
package enum InterfaceFormat: Sendable {
    /// One number, `max` or `-1`.
    case singleValue
    /// `KEY VALUE` lines.
    case flatKeyed
    /// One line of values, whose keys are their positions.
    case spaceSeparated
    /// `some avg10=0.00 … total=0` lines, with keys such as `some.avg10`.
    case pressure
    /// `NAME KEY=VALUE …` lines; the name is a device or a resource.
    case nestedKeyed
    /// `NAME VALUE` lines; the name is the instance; a `default` line is a separate key.
    case named
    /// v1 blkio `MAJ:MIN Operation VALUE` lines.
    case deviceOperations
    /// One value per CPU.
    case perCPU
    /// `KEY N0=VALUE …` lines; the node is the instance.
    case numa
    /// The whole file as a word.
    case text
    /// One process per line; the value is their number.
    case lineCount

    /// The format of the file that a row is read from.
    package static func of(_ metric: Metric, _ source: Source) -> InterfaceFormat {
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
