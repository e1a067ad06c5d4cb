package import CgroupModel

/// The totals and peaks of a cgroup over its lifetime.
package struct LifeTotals: Hashable, Sendable {
    /// A row of the table of totals.
    package struct Row: Sendable {
        /// The metric.
        package let metric: Metric
        /// The field of an event that holds the total.
        package let field: EventField
        /// Whether a parent's value contains those of its children, including removed ones.
        package let isInherited: Bool
    }

    /// All totals, in output order.
    package static let rows = table.map {
        Row(
            metric: MetricCatalog[MetricCatalog.id($0.name)], field: $0.field,
            isInherited: $0.isInherited)
    }

    private static let table: [(name: String, field: EventField, isInherited: Bool)] = [
        ("cpu.usage_usec", .cpuTime, true), ("cpu.user_usec", .cpuUser, true),
        ("cpu.system_usec", .cpuSystem, true), ("cpu.nr_throttled", .throttledPeriods, false),
        ("cpu.throttled_usec", .throttledTime, false), ("io.rbytes", .readBytes, true),
        ("io.wbytes", .writtenBytes, true), ("memory.pgfault", .pageFaults, true),
        ("memory.pgmajfault", .majorFaults, true), ("memory.events.oom_kill", .oomKills, true),
        ("memory.peak", .memoryPeak, false), ("pids.peak", .pidsPeak, false),
    ]

    /// The metrics that a sample must contain.
    package static let metrics = rows.map(\.metric.id)

    private static let cpuTime = 0
    private static let oomKills = rows.firstIndex { $0.field == .oomKills } ?? 0
    private static let memoryPeak = rows.firstIndex { $0.field == .memoryPeak } ?? 0

    var values = [UInt64?](repeating: nil, count: rows.count)

    /// Creates totals of which nothing is known.
    package init() {}

    /// No known value.
    static let unknown = LifeTotals()

    /// All values at 0, as in a new cgroup.
    static let zero: LifeTotals = {
        var totals = LifeTotals()
        for row in rows.indices { totals.values[row] = 0 }
        return totals
    }()

    /// Takes the totals of a row of a sample.
    package init(_ snapshot: Snapshot, _ index: Int) {
        for (row, total) in Self.rows.enumerated() {
            values[row] = snapshot.total(index, total.metric.id).value
        }
        // The peak is read less often than the usage, which may have exceeded it since.
        if let peak = values[Self.memoryPeak], let usage = snapshot[index, .memoryUsage].value {
            values[Self.memoryPeak] = max(peak, usage)
        }
    }

    /// A value by its position in ``rows``; nil if it is unknown.
    package subscript(row: Int) -> UInt64? { values[row] }

    /// The CPU time in microseconds; nil if it is unknown.
    package var cpuTime: UInt64? { values[Self.cpuTime] }

    /// The processes that the OOM killer killed; nil if that is unknown.
    package var oomKills: UInt64? { values[Self.oomKills] }

    /// Whether nothing is known.
    var isEmpty: Bool { values.allSatisfy { $0 == nil } }

    /// Whether every known value is 0.
    var isZero: Bool { values.allSatisfy { $0 ?? 0 == 0 } }

    /// The totals as details of an event.
    var details: [EventField: EventValue] {
        var details: [EventField: EventValue] = [:]
        for (row, total) in Self.rows.enumerated() {
            details[total.field] = values[row].map { .number($0) }
        }
        return details
    }

    /// Returns the totals with at least this number of OOM kills.
    func withOOMKills(atLeast count: UInt64) -> LifeTotals {
        var result = self
        result.values[Self.oomKills] = max(oomKills ?? 0, count)
        return result
    }

    /// Returns the larger one of each value; neither a counter nor a peak decreases.
    func updated(by later: LifeTotals) -> LifeTotals {
        var result = self
        for row in values.indices {
            result.values[row] = [values[row], later.values[row]].compactMap(\.self).max()
        }
        return result
    }

    /// The sums of the inherited values; an unknown value counts as 0.
    static func + (left: LifeTotals, right: LifeTotals) -> LifeTotals {
        var result = left
        for row in rows.indices where rows[row].isInherited {
            guard let value = right.values[row] else { continue }
            result.values[row] = (left.values[row] ?? 0) &+ value
        }
        return result
    }

    /// The differences of the inherited values; nil where negative, or unknown on the left.
    static func - (left: LifeTotals, right: LifeTotals) -> LifeTotals {
        var result = LifeTotals()
        for row in rows.indices where rows[row].isInherited {
            guard let value = left.values[row] else { continue }
            let other = right.values[row] ?? 0
            result.values[row] = value >= other ? value - other : nil
        }
        return result
    }

    /// Returns the values that exceed a floor, and 0 for the others.
    func above(_ floor: LifeTotals) -> LifeTotals {
        var result = self
        for row in values.indices {
            guard let value = values[row] else { continue }
            if value <= floor.values[row] ?? 0 { result.values[row] = 0 }
        }
        return result
    }

    /// Returns the values times a share from 0 to 1.
    func times(_ share: Double) -> LifeTotals {
        var result = self
        for row in values.indices {
            result.values[row] = values[row].map { value in
                UInt64(exactly: (Double(value) * share).rounded(.down)) ?? value
            }
        }
        return result
    }
}
