internal import CgroupModel
internal import KernelIO

/// The time that each collector's files take in one pass, and their failures.
///
/// The clock is read only when the next file belongs to another collector. Reading it for every
/// file would cost a noticeable part of reading the file.
struct CollectorAccounts: Sendable {
    private let collectorOf: [Int]
    private var health: [CollectorHealth]
    private var current: Int?
    private var since: UInt64 = 0

    init(_ plan: ReadPlan) {
        let collectors = plan.files.map { MetricCatalog[$0.layout.fields[0].metric].collector }
        let known = Collector.allCases.filter { collectors.contains($0) }
        health = known.map { CollectorHealth($0) }
        collectorOf = collectors.map { known.firstIndex(of: $0) ?? 0 }
    }

    /// Begins a pass.
    mutating func begin() {
        for index in health.indices { health[index] = CollectorHealth(health[index].collector) }
        current = nil
    }

    /// Charges the time from now on to a file's collector.
    mutating func turn(to file: Int) {
        let next = collectorOf[file]
        guard next != current else { return }
        close(at: MonotonicClock.nanoseconds, next)
    }

    /// Counts a file that could not be read or parsed.
    mutating func noteFailure(_ file: Int) {
        health[collectorOf[file]].failures += 1
        health[collectorOf[file]].hasFailed = true
    }

    /// Counts skipped rows of a file.
    mutating func noteSkipped(_ file: Int, _ rows: UInt64) {
        health[collectorOf[file]].skippedRows += rows
    }

    /// Ends the pass and returns its results.
    mutating func end() -> [CollectorHealth] {
        close(at: MonotonicClock.nanoseconds, nil)
        return health
    }

    private mutating func close(at now: UInt64, _ next: Int?) {
        if let current { health[current].duration += now - since }
        since = now
        current = next
    }
}
