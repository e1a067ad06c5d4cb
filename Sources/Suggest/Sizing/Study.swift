package import CgroupModel

/// Folds the snapshots of a window, oldest first, into the records that sizing needs.
///
/// Each path takes a few kilobytes, however long the window is.
package struct Study: Sendable {
    private static let mostWorkloads = 20_000
    /// A gone path with a shorter life, in nanoseconds, makes room for a new one.
    private static let shortLife: UInt64 = 3_600_000_000_000

    private struct Workload: Sendable {
        var track = CgroupTrack()
        var record: WorkloadRecord
        /// The number of the last snapshot with it.
        var sample = 0
    }

    /// The time covered.
    package private(set) var clock = RecordedClock()
    /// The memory of the host at the end; nil if unknown.
    package private(set) var hostMemory: UInt64?
    let options: SizingOptions
    private var slots: WorkloadSlots
    private var workloads: [Workload] = []
    private var columns: ReadColumns?
    /// By position in the snapshot: whether the cgroup or an ancestor is at its memory limit.
    private var isBound: [Bool] = []

    /// Starts without snapshots.
    package init(_ options: SizingOptions) {
        self.options = options
        slots = WorkloadSlots(most: Self.mostWorkloads)
    }

    /// Whether a cgroup was omitted because there were too many.
    package var isOverfull: Bool { slots.isOverfull }

    /// Adds the next snapshot.
    ///
    /// - Parameters:
    ///   - peaks: The same snapshot with the maxima of its period; nil if it was not thinned.
    ///   - run: The run of the recorder; nil if there is only one.
    package mutating func take(
        _ snapshot: Snapshot, peaks: Snapshot? = nil, of run: RecordedRun? = nil
    ) {
        let step = clock.take(snapshot, of: run)
        guard !step.isRepeated else { return }
        let columns = columns(of: snapshot.schema)
        hostMemory = snapshot.host.memoryTotal.value ?? hostMemory
        if slots.isFull, clock.samples % 60 == 0 { releaseShortLived() }
        slots.take(snapshot.cgroups) { path, slot in
            let fresh = Workload(record: WorkloadRecord(path))
            if slot < workloads.count { workloads[slot] = fresh } else { workloads.append(fresh) }
        }
        isBound.removeAll(keepingCapacity: true)
        for (position, entry) in snapshot.cgroups.enumerated() {
            let isBoundAbove = entry.parent.map { $0 < position && isBound[$0] } ?? false
            guard let slot = slots.slots[position] else {
                isBound.append(isBoundAbove)
                continue
            }
            let observation = workloads[slot].track.take(
                ReadRow(snapshot: snapshot, peaks: peaks, entry: entry), columns, step,
                readsDisks: options.suggestsIO)
            workloads[slot].record.take(
                observation, covered: clock.span, isBoundAbove: isBoundAbove)
            workloads[slot].sample = clock.samples
            isBound.append(isBoundAbove || observation.isMemoryBound)
            if let parent = entry.parent.flatMap({ slots.slots[$0] }) {
                workloads[parent].record.hadChildren = true
            }
        }
    }

    private mutating func columns(of schema: Schema) -> ReadColumns {
        if let columns, columns.schema == schema { return columns }
        let found = ReadColumns(schema)
        columns = found
        return found
    }

    private mutating func releaseShortLived() {
        slots.release(
            workloads.filter { $0.sample < clock.samples - 1 && $0.record.age < Self.shortLife }
                .map(\.record.path))
    }

    // MARK: Results

    /// The records of all paths, in path order.
    package var records: [WorkloadRecord] {
        workloads.enumerated().filter { slots.slot(of: $1.record.path) == $0 }.map(\.element.record)
            .sorted { $0.path < $1.path }
    }

    /// Sizes the cgroups at some paths.
    package func suggestions(for paths: Set<CgroupPath>) -> [WorkloadSuggestion] {
        let records = records
        let alive = workloads.lazy.filter { [last = clock.samples] in $0.sample == last }
            .map(\.record)
        let weights = WeightSizing(alive)
        return records.filter { paths.contains($0.path) }.map { record in
            var findings = SizingFindings()
            MemorySizing(record: record, options: options, hostMemory: hostMemory)
                .add(to: &findings)
            if let weight = weights.suggestion(for: record) { findings.add(weight) }
            RateSizing(record: record, options: options).add(to: &findings)
            return WorkloadSuggestion(
                record: record, suggestions: findings.suggestions,
                unsuggested: findings.unsuggested)
        }
    }
}
