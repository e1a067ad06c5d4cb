package import CgroupModel

/// The statistics of the cgroups at one path over a window, in bounded space.
package struct WorkloadRecord: Sendable {
    /// The path.
    package let path: CgroupPath
    /// The times of the first and the last snapshot with it, in microseconds since 1970.
    package private(set) var seen: (first: UInt64, last: UInt64)?
    /// The time from its first to its last snapshot, gaps included, in nanoseconds.
    package private(set) var age: UInt64 = 0
    /// The time that its snapshots represent, in nanoseconds.
    package private(set) var observed: UInt64 = 0
    /// The number of its snapshots.
    package private(set) var samples = 0
    /// The number of times that a cgroup was created again at the path.
    package private(set) var restarts = 0
    /// Whether it had children in any snapshot.
    package var hadChildren = false

    /// The demand for memory in bytes; see ``MemoryDemand``.
    package private(set) var demand = Distribution()
    /// The highest demand for memory; nil without a reading.
    package private(set) var demandPeak: Peak?
    /// The highest swap usage.
    package private(set) var swapPeak: UInt64 = 0
    /// The lowest demand of each day since it was last created.
    package private(set) var lows = DailyLows()
    /// The memory limits at the end of the window.
    package private(set) var memoryMax = Reading.absent, memoryHigh = Reading.absent
    /// The soft limit of v1 at the end.
    package private(set) var memorySoftLimit = Reading.absent
    /// Charges that hit the hard limit, and processes that the OOM killer killed.
    package private(set) var memoryHits: UInt64 = 0, oomKills: UInt64 = 0
    /// Charges throttled by memory.high.
    package private(set) var highHits: UInt64 = 0
    /// The time at a limit of its own, and at one of an ancestor, in nanoseconds.
    package private(set) var boundTime: UInt64 = 0, boundAboveTime: UInt64 = 0
    /// The highest limit of its own that bounded demand, or that a process was killed at.
    package private(set) var boundLimit: UInt64 = 0

    /// CPU usage over windows of ten seconds, in millionths of a CPU.
    package private(set) var cpu = Distribution()
    /// The highest CPU usage; nil without a window.
    package private(set) var cpuPeak: Peak?
    /// Quota periods, and those in which it was throttled.
    package private(set) var periods: UInt64 = 0, throttledPeriods: UInt64 = 0
    /// The highest quota that throttled it, in millionths of a CPU.
    package private(set) var throttlingQuota: UInt64 = 0
    /// The quota in millionths of a CPU, and the weight, at the end.
    package private(set) var quota = Reading.absent, weight = Reading.absent

    /// The number of tasks.
    package private(set) var tasks = Distribution()
    /// The highest number of tasks; nil without a reading.
    package private(set) var tasksPeak: Peak?
    /// The limit on tasks at the end.
    package private(set) var tasksMax = Reading.absent
    /// Forks that failed, and the highest limit that refused them.
    package private(set) var refusedForks: UInt64 = 0, refusingMax: UInt64 = 0
    /// The time at the limit, in nanoseconds.
    package private(set) var tasksBoundTime: UInt64 = 0

    /// I/O on disks with a limit, or on all disks if requested.
    package private(set) var disks: [DiskRecord] = []

    /// Creates a record without observations.
    package init(_ path: CgroupPath) { self.path = path }

    /// Adds an observation.
    ///
    /// - Parameters:
    ///   - covered: The time that the study covers so far, gaps included, in nanoseconds.
    ///   - isBoundAbove: Whether an ancestor is at its memory limit.
    mutating func take(_ observation: Observation, covered: UInt64, isBoundAbove: Bool) {
        if seen == nil { born = covered }
        if observation.isNewborn {
            if seen != nil { restarts += 1 }
            lows = DailyLows()
        }
        seen = (seen?.first ?? observation.time, observation.time)
        age = covered - min(born, covered)
        observed += observation.elapsed
        samples += 1
        takeMemory(observation, isBoundAbove: isBoundAbove)
        takeCPU(observation)
        takeTasks(observation)
        for rate in observation.disks { take(rate, at: observation.time) }
    }

    /// The time that the study covered at the first snapshot with the path, in nanoseconds.
    private var born: UInt64 = 0

    private mutating func takeMemory(_ observation: Observation, isBoundAbove: Bool) {
        guard let level = observation.demand else { return }
        demand.add(level, for: observation.elapsed)
        demandPeak.take(level, at: observation.time)
        lows.take(level, at: observation.time)
        swapPeak = max(swapPeak, observation.swap ?? 0)
        if observation.oomKills > 0, observation.memoryHits > 0 {
            // The limit may have been raised between the kill and this snapshot.
            boundLimit = max(boundLimit, observation.memoryMax.value ?? 0, memoryMax.value ?? 0)
        }
        if observation.isMemoryBound {
            boundLimit = max(boundLimit, observation.memoryLimit ?? 0)
            boundTime.add(observation.elapsed)
        } else if isBoundAbove {
            boundAboveTime.add(observation.elapsed)
        }
        memoryHits.add(observation.memoryHits)
        oomKills.add(observation.oomKills)
        highHits.add(observation.highHits)
        if observation.memoryMax.isKnown { memoryMax = observation.memoryMax }
        if observation.memoryHigh.isKnown { memoryHigh = observation.memoryHigh }
        if observation.memorySoftLimit.isKnown { memorySoftLimit = observation.memorySoftLimit }
    }

    private mutating func takeCPU(_ observation: Observation) {
        if let window = observation.cpu {
            cpu.add(window.rate, for: window.time)
            cpuPeak.take(window.rate, at: observation.time)
        }
        periods.add(observation.periods)
        throttledPeriods.add(observation.throttledPeriods)
        if observation.throttledPeriods > 0, let quota = observation.quota.value {
            throttlingQuota = max(throttlingQuota, quota)
        }
        if observation.quota.isKnown { quota = observation.quota }
        if observation.weight.isKnown { weight = observation.weight }
    }

    private mutating func takeTasks(_ observation: Observation) {
        guard let count = observation.tasks else { return }
        tasks.add(count, for: observation.elapsed)
        tasksPeak.take(count, at: observation.time)
        refusedForks.add(observation.refusedForks)
        if let limit = observation.tasksMax.value {
            if count >= limit { tasksBoundTime.add(observation.elapsed) }
            if count >= limit || observation.refusedForks > 0 {
                refusingMax = max(refusingMax, limit)
            }
        }
        if observation.tasksMax.isKnown { tasksMax = observation.tasksMax }
    }

    private mutating func take(_ rate: DiskRate, at time: UInt64) {
        let place = disks.firstIndex { $0.limit == rate.limit && $0.disk == rate.disk }
        if place == nil { disks.append(DiskRecord(limit: rate.limit, disk: rate.disk)) }
        disks[place ?? disks.count - 1].take(rate, at: time)
    }
}

/// I/O on one disk against one limit.
package struct DiskRecord: Sendable {
    /// The limit: `io.max.rbps` and its siblings.
    package let limit: MetricID
    /// The disk.
    package let disk: InstanceKey
    /// The rate over windows of ten seconds.
    package private(set) var rates = Distribution()
    /// The highest rate; nil without a window.
    package private(set) var peak: Peak?
    /// The limit at the end; unlimited if there is none.
    package private(set) var present = Reading.unlimited
    /// The time at 97 % of the limit or above, in nanoseconds, and the highest such limit.
    package private(set) var boundTime: UInt64 = 0, boundLimit: UInt64 = 0

    init(limit: MetricID, disk: InstanceKey) {
        self.limit = limit
        self.disk = disk
    }

    mutating func take(_ rate: DiskRate, at time: UInt64) {
        rates.add(rate.window.rate, for: rate.window.time)
        peak.take(rate.window.rate, at: time)
        present = rate.present
        if let limit = present.value, Double(rate.window.rate) >= Double(limit) * 0.97 {
            boundTime.add(rate.window.time)
            boundLimit = max(boundLimit, limit)
        }
    }
}
