import CgroupModel

/// The last counters of the cgroup at a path, to turn readings into growth.
///
/// A cgroup that is created again at the same path continues the track with new counters.
struct CgroupTrack: Sendable {
    /// A counter that may be missing, fall, or start again with a new cgroup.
    private struct Counter: Sendable {
        var last: UInt64?

        /// Takes a reading; returns the growth: 0 after a reset, the whole value for a new cgroup.
        mutating func take(_ reading: Reading, isNewborn: Bool) -> UInt64 {
            guard let value = reading.value else { return 0 }
            let before = isNewborn ? 0 : last ?? value
            last = value
            return value >= before ? value - before : 0
        }
    }

    /// A counter's growth, collected until the window is long enough.
    private struct Window: Sendable {
        static let least: UInt64 = 9_500_000_000
        var counter = Counter()
        var sum: UInt64 = 0
        var time: UInt64 = 0

        mutating func take(_ reading: Reading, elapsed: UInt64, isNewborn: Bool) -> WindowRate? {
            let hadValue = counter.last != nil
            let growth = counter.take(reading, isNewborn: false)
            guard elapsed > 0, hadValue, !isNewborn, reading.value != nil else {
                (sum, time) = (0, 0)
                return nil
            }
            sum.add(growth)
            time += elapsed
            guard time >= Self.least else { return nil }
            defer { (sum, time) = (0, 0) }
            return WindowRate(
                rate: UInt64(saturating: Double(sum) / (Double(time) / 1e9)), time: time)
        }
    }

    private struct DiskCounter: Hashable {
        let metric: MetricID
        let disk: InstanceKey
    }

    private static let mostDiskCounters = 64

    private var id: CgroupID?
    private var demand = MemoryDemand()
    private var refaults = Counter(), memoryHits = Counter(), oomKills = Counter()
    private var highHits = Counter(), periods = Counter(), throttledPeriods = Counter()
    private var refusedForks = Counter(), memoryPeak = Counter(), tasksPeak = Counter()
    private var cpu = Window()
    private var disks: [DiskCounter: Window] = [:]

    /// Takes a row.
    ///
    /// - Parameters:
    ///   - step: The time since the snapshot before.
    ///   - readsDisks: Whether I/O without a limit is observed, too.
    mutating func take(
        _ row: ReadRow, _ columns: ReadColumns, _ step: RecordedClock.Step, readsDisks: Bool
    ) -> Observation {
        let known = row.entry.id
        let isSame =
            !step.isNewBoot && id?.inode == known.inode
            && (step.isNewRun || id?.generation == known.generation)
        // Counters of a cgroup that existed before the recording count from its first snapshot.
        let isNewborn = !isSame && !step.isFirst
        if !isSame { self = CgroupTrack() }
        id = known
        var result = Observation()
        result.time = row.snapshot.wallTime
        result.elapsed = isSame ? step.elapsed : 0
        result.isNewborn = isNewborn
        takeMemory(row, columns, &result)
        takeCPU(row, columns, &result)
        takeTasks(row, columns, &result)
        takeDisks(row, readsDisks, &result)
        return result
    }

    private mutating func takeMemory(
        _ row: ReadRow, _ columns: ReadColumns, _ result: inout Observation
    ) {
        let isNewborn = result.isNewborn
        let refaulted = refaults.take(row(columns.refaults), isNewborn: isNewborn)
        let peakGrowth = memoryPeak.take(row(columns.memoryPeak), isNewborn: isNewborn)
        result.memory = row.highest(columns.memory)
        result.demand = row.memoryParts(columns).map { parts in
            demand.take(
                parts, peak: peakGrowth > 0 ? memoryPeak.last : nil, refaults: refaulted,
                elapsed: result.elapsed)
        }
        result.swap = row.highest(columns.swap)
        result.memoryMax = row(columns.memoryMax)
        result.memoryHigh = row(columns.memoryHigh)
        result.memorySoftLimit = row(columns.memorySoftLimit)
        result.memoryHits = memoryHits.take(
            either(row, columns.memoryHits, columns.localMemoryHits), isNewborn: isNewborn)
        result.oomKills = oomKills.take(
            either(row, columns.oomKills, columns.localOOMKills), isNewborn: isNewborn)
        result.highHits = highHits.take(row(columns.highHits), isNewborn: isNewborn)
    }

    /// Returns the counter with descendants, or v1's, which lacks them.
    private func either(_ row: ReadRow, _ column: Int?, _ legacy: Int?) -> Reading {
        let own = row(column)
        return own.isKnown ? own : row(legacy)
    }

    private mutating func takeCPU(
        _ row: ReadRow, _ columns: ReadColumns, _ result: inout Observation
    ) {
        result.cpu = cpu.take(
            row(columns.cpu), elapsed: result.elapsed, isNewborn: result.isNewborn)
        result.periods = periods.take(row(columns.periods), isNewborn: result.isNewborn)
        result.throttledPeriods = throttledPeriods.take(
            row(columns.throttledPeriods), isNewborn: result.isNewborn)
        result.weight = row(columns.weight)
        result.quota = row(columns.quota)
        if let quota = result.quota.value {
            let period = row(columns.period).value ?? 0
            let cpus = period > 0 ? Bandwidth(quota: quota, period: period).cpus.number : nil
            result.quota = cpus.map { Reading($0) } ?? .absent
        }
    }

    private mutating func takeTasks(
        _ row: ReadRow, _ columns: ReadColumns, _ result: inout Observation
    ) {
        let peakGrowth = tasksPeak.take(row(columns.tasksPeak), isNewborn: result.isNewborn)
        result.tasks = row.highest(columns.tasks).map { tasks in
            max(tasks, peakGrowth > 0 ? tasksPeak.last ?? 0 : 0)
        }
        result.tasksMax = row(columns.tasksMax)
        result.refusedForks = refusedForks.take(
            row(columns.refusedForks), isNewborn: result.isNewborn)
    }

    private mutating func takeDisks(
        _ row: ReadRow, _ readsAll: Bool, _ result: inout Observation
    ) {
        let block = row.snapshot.blocks[row.entry.row.block]
        let place = row.entry.row.row
        let instances = block.instances[
            block.instanceStarts[place]..<block.instanceStarts[place + 1]]
        guard !instances.isEmpty else { return }
        for (counter, limit) in DiskLimits.pairs {
            for instance in instances where instance.metric == counter && instance.key != .whole {
                let present =
                    instances.first { $0.metric == limit && $0.key == instance.key }?.reading
                    ?? .unlimited
                guard readsAll || present.value != nil else { continue }
                let key = DiskCounter(metric: counter, disk: instance.key)
                guard disks[key] != nil || disks.count < Self.mostDiskCounters else { continue }
                let window = disks[key, default: Window()].take(
                    instance.reading, elapsed: result.elapsed, isNewborn: result.isNewborn)
                guard let window else { continue }
                result.disks.append(
                    DiskRate(limit: limit, disk: instance.key, window: window, present: present))
            }
        }
    }
}

/// The limits on the I/O of a disk, with the counters that they limit.
enum DiskLimits {
    static let pairs: [(counter: MetricID, limit: MetricID)] = [
        (.ioReadBytes, .ioMaxRead), (.ioWrittenBytes, .ioMaxWritten),
        (.ioReads, .ioMaxReads), (.ioWrites, .ioMaxWrites),
    ]
}
