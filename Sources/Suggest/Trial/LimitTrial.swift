package import CgroupModel

/// Counts how often recorded demand would have reached given limits.
///
/// The recorded past does not change: with a lower limit, the demand after the first hit might have
/// been different.
package struct LimitTrial: Sendable {
    /// The counts for one limit.
    package struct Count: Sendable {
        /// The limit.
        package let limit: SizedLimit
        /// The value, in the unit of the limit.
        package let value: UInt64
        /// The snapshots, or windows of ten seconds, that were compared.
        package fileprivate(set) var samples: UInt64 = 0
        /// The samples with demand at or above the value, and at or above nine tenths of the value.
        package fileprivate(set) var hits: UInt64 = 0, hitsBelow: UInt64 = 0
        /// The snapshots in which only cache would have been reclaimed.
        package fileprivate(set) var reclaims: UInt64 = 0
        /// The highest demand.
        package fileprivate(set) var peak: Peak?
        /// Processes that the OOM killer killed at a lower limit of the cgroup, and all others.
        package fileprivate(set) var killsAvoided: UInt64 = 0, killsLeft: UInt64 = 0

        init(_ limit: SizedLimit, _ value: UInt64) {
            self.limit = limit
            self.value = value
        }

        /// The value minus the peak, in the unit of the limit; nil without a sample.
        package var headroom: Int64? {
            peak.map { Int64(clamping: value) - Int64(clamping: $0.value) }
        }
    }

    private struct Workload: Sendable {
        var track = CgroupTrack()
        var counts: [Count] = []

        mutating func take(
            _ row: ReadRow, _ columns: ReadColumns, _ step: RecordedClock.Step
        ) {
            let observation = track.take(row, columns, step, readsDisks: true)
            for place in counts.indices { counts[place].take(observation) }
        }
    }

    private var clock = RecordedClock()
    private var columns: ReadColumns?
    private var workloads: [CgroupPath: Workload] = [:]
    /// The cgroups of the last snapshot, and the positions of those with limits.
    private var cgroups: [CgroupEntry] = []
    private var positions: [Int] = []

    /// Whether a limit can be tried; other limits bound no recorded quantity.
    package static func canTry(_ limit: SizedLimit) -> Bool {
        ["memory.max", "memory.high", "pids.max", "cpu.max"].contains(limit.name)
            || limit.disk != nil && limit.name.hasPrefix("io.max.")
    }

    /// Starts without limits.
    package init() {}

    /// Whether there is no limit to try.
    package var isEmpty: Bool { workloads.isEmpty }

    /// The paths with limits, in order.
    package var paths: [CgroupPath] { workloads.keys.sorted() }

    /// Returns the counts of a path, in the order in which they were added.
    package func counts(of path: CgroupPath) -> [Count] { workloads[path]?.counts ?? [] }

    /// Adds a limit to try on the cgroups at a path; ignored if present with the same value.
    package mutating func add(_ limit: SizedLimit, _ value: UInt64, to path: CgroupPath) {
        guard Self.canTry(limit) else { return }
        if workloads[path] == nil { cgroups = [] }
        guard !counts(of: path).contains(where: { $0.limit == limit && $0.value == value }) else {
            return
        }
        workloads[path, default: Workload()].counts.append(Count(limit, value))
    }

    /// Takes the next snapshot; see ``Study/take(_:peaks:of:)``.
    package mutating func take(
        _ snapshot: Snapshot, peaks: Snapshot? = nil, of run: RecordedRun? = nil
    ) {
        let step = clock.take(snapshot, of: run)
        guard !workloads.isEmpty, !step.isRepeated else { return }
        if columns?.schema != snapshot.schema { columns = ReadColumns(snapshot.schema) }
        guard let columns else { return }
        if cgroups != snapshot.cgroups {
            cgroups = snapshot.cgroups
            positions = cgroups.indices.filter { workloads[cgroups[$0].path] != nil }
        }
        for position in positions {
            let entry = cgroups[position]
            workloads[entry.path]?.take(
                ReadRow(snapshot: snapshot, peaks: peaks, entry: entry), columns, step)
        }
    }
}

extension LimitTrial.Count {
    fileprivate mutating func take(_ observation: Observation) {
        switch limit.name {
        case "memory.max", "memory.high":
            guard let demand = observation.demand else { return }
            compare(demand, at: observation.time)
            if demand < value, observation.memory ?? 0 >= value { reclaims += 1 }
            if limit.name == "memory.max" { takeKills(observation) }
        case "pids.max":
            if let tasks = observation.tasks { compare(tasks, at: observation.time) }
        case "cpu.max":
            if let window = observation.cpu { compare(window.rate, at: observation.time) }
        default:
            for rate in observation.disks
            where rate.disk == limit.disk && MetricCatalog[rate.limit].name == limit.name {
                compare(rate.window.rate, at: observation.time)
            }
        }
    }

    private mutating func compare(_ demand: UInt64, at time: UInt64) {
        samples += 1
        peak.take(demand, at: time)
        if demand >= value { hits += 1 }
        if demand >= value - value / 10 { hitsBelow += 1 }
    }

    private mutating func takeKills(_ observation: Observation) {
        guard observation.oomKills > 0 else { return }
        // If the limit was not hit, an ancestor or the host ran out of memory.
        if let limit = observation.memoryMax.value, limit < value, observation.memoryHits > 0 {
            killsAvoided.add(observation.oomKills)
        } else {
            killsLeft.add(observation.oomKills)
        }
    }
}
