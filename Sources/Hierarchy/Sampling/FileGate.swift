internal import CgroupModel
internal import KernelIO

/// Skips a file that cannot change while a limit of the same cgroup is unset.
///
/// Only counters of the cgroup itself qualify. Without a quota no periods are counted; with
/// `memory.limit_in_bytes` unlimited no charge fails there. All other values of the file must be
/// absent, unlike CPU time on v2, or `wait_sum` on v1 with scheduler statistics.
struct FileGate: Sendable {
    private let limit: Int
    private let gated: [Int]
    private let others: [Int]

    private static let quotaKeys = [
        "nr_periods", "nr_throttled", "throttled_usec", "throttled_time", "nr_bursts",
        "burst_usec", "burst_time",
    ].map { Array($0.utf8) }

    init?(_ file: PlannedFile, _ schema: Schema) {
        let gate: MetricID
        let isGated: (FieldLayout) -> Bool
        switch file.layout.name.pathText {
        case "cpu.stat":
            gate = .cpuMax
            isGated = { Self.quotaKeys.contains($0.key) }
        case "memory.failcnt":
            gate = .memoryMax
            isGated = { _ in true }
        default: return nil
        }
        guard let column = schema.column(of: gate) else { return nil }
        limit = column
        gated = file.layout.fields.filter(isGated).compactMap(\.column)
        others = file.layout.fields.filter { !isGated($0) }.compactMap(\.column)
    }

    /// Whether the file still has the content of the last read.
    func isClosed(_ writer: RowWriter) -> Bool {
        writer.value(limit) == .unlimited && gated.contains { writer.value($0).value != nil }
            && others.allSatisfy { writer.value($0) == .absent }
    }
}

/// Columns that are computed from other columns of the same cgroup.
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

    /// Computes the swap limit: v1 limits the sum of RAM and swap, so it is the difference.
    func apply(to writer: inout RowWriter) {
        guard let swap else { return }
        let both = writer.value(swap.both)
        let memory = writer.value(swap.memory)
        guard let sum = both.value else { return writer.set(swap.target, both) }
        guard let part = memory.value else { return writer.set(swap.target, memory) }
        writer.set(swap.target, Reading(sum >= part ? sum - part : 0))
    }
}
