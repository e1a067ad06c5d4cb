internal import CgroupModel
internal import KernelIO

/// Knows that a file cannot change while a limit of the same cgroup is not set, so that it need
/// not be read again.
///
/// Only counters that v1 keeps for the cgroup alone qualify: with `cpu.cfs_quota_us` at -1 no
/// period is counted, with `memory.limit_in_bytes` or `pids.max` unlimited no charge fails there.
struct FileGate: Sendable {
    private let limit: Int
    private let columns: [Int]

    init?(_ file: PlannedFile, _ schema: Schema) {
        let gate: MetricID
        switch file.layout.name.pathText {
        case "cpu.stat" where !file.layout.fields.contains { $0.metric == .cpuUsage }:
            gate = .cpuMax
        case "memory.failcnt": gate = .memoryMax
        default: return nil
        }
        guard let column = schema.column(of: gate) else { return nil }
        limit = column
        columns = file.layout.fields.compactMap(\.column)
    }

    /// Whether the file still holds what was read last time.
    func isClosed(_ writer: RowWriter) -> Bool {
        writer.value(limit) == .unlimited && columns.contains { writer.value($0).value != nil }
    }
}

/// Columns that are computed from others of the same cgroup.
struct Derivations: Sendable {
    private let swap: (target: Int, both: Int, memory: Int)?

    init(_ schema: Schema, on set: HierarchySet) {
        if set.legacy(.memory) != nil, let target = schema.column(of: .memorySwapMax),
            let both = schema.column(of: .memoryAndSwapMax),
            let memory = schema.column(of: .memoryMax)
        {
            swap = (target, both, memory)
        } else {
            swap = nil
        }
    }

    /// v1 limits RAM and swap together: swap's own limit is the difference.
    func apply(to writer: inout RowWriter) {
        guard let swap else { return }
        let both = writer.value(swap.both)
        guard let sum = both.value, let memory = writer.value(swap.memory).value else {
            return writer.set(swap.target, both)
        }
        writer.set(swap.target, Reading(sum >= memory ? sum - memory : 0))
    }
}
