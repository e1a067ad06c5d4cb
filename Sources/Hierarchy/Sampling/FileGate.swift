internal import CgroupModel
internal import KernelIO

/// Skips a file that cannot change while a limit of the same cgroup is unset.
///
/// Only counters of the cgroup itself qualify. Without a quota, no periods are counted; with
/// `memory.limit_in_bytes` unlimited, no charge fails there. All other values of the file must be
/// absent: CPU time (v2) and `wait_sum` (v1, schedstats) change regardless of the limit.
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

/// A file of the v1 freezer whose content follows from `freezer.state`, which is read first.
///
/// The kernel shows THAWED only if neither the cgroup nor an ancestor has a freeze requested.
struct ThawedFile: Sendable {
    private static let names = ["freezer.self_freezing", "freezer.parent_freezing"]

    private let state: Int
    private let thawed: Reading

    init?(_ file: PlannedFile, _ schema: Schema) {
        // With `frozen`, `freezer.state` is read in every pass and before the settings.
        guard Self.names.contains(file.layout.name.pathText), schema.column(of: .frozen) != nil,
            let state = schema.column(of: .freezerState), let word = Word.intern("THAWED")
        else { return nil }
        self.state = state
        thawed = Reading(UInt64(word))
    }

    /// Whether the file contains 0.
    func isZero(_ writer: RowWriter) -> Bool { writer.value(state) == thawed }
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
