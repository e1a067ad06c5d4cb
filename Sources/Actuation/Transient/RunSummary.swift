package import CgroupModel
internal import Hierarchy
package import KernelIO

/// The usage of a run and how it ended.
package struct RunSummary: Sendable {
    /// The path of its cgroup.
    package let path: CgroupPath
    /// The exit status or signal of the command.
    package let end: ProcessEnd
    /// The time from the command's start to the end of the last process, in nanoseconds.
    package let wallNanoseconds: UInt64
    /// Whether the command was killed because of the cgroup's own memory limit.
    package let isKilledByMemoryLimit: Bool
    private let readings: [(metric: MetricID, reading: Reading)]

    /// The metrics in output order; io is summed over devices.
    package static let metrics: [MetricID] = [
        .cpuUsage, .cpuUser, .cpuSystem, .cpuPeriods, .cpuThrottledPeriods, .cpuThrottledTime,
        .memoryPeak, .memoryPageFaults, .memoryMajorFaults, .ioReadBytes, .ioWrittenBytes,
        .pidsPeak, .pidsRefused, .memoryOOMKills,
    ]
    private static let evidence: [MetricID] = [
        .memoryLocalOOMKills, .memoryOOMs, .memoryMax, .memoryAndSwapPeak, .memoryAndSwapMax,
    ]

    /// Takes the last readings of a cgroup before its removal.
    static func read(
        _ cgroup: any RunCgroup, end: ProcessEnd, wallNanoseconds: UInt64
    ) async throws(ActuationError) -> RunSummary {
        let set = cgroup.trees
        var configuration = SamplerConfiguration()
        configuration.isContinuous = false
        configuration.scope = SampleScope(subtree: cgroup.path, depth: 0)
        do {
            let plan = ReadPlan(metrics + evidence, on: set)
            let snapshot = await (try Sampler(plan, on: set, configuration)).sample()
            return RunSummary(cgroup, snapshot, end, wallNanoseconds)
        } catch {
            throw ActuationError(.failed, "\(error); the usage of \(cgroup.path) is unknown")
        }
    }

    private init(
        _ cgroup: any RunCgroup, _ snapshot: Snapshot, _ end: ProcessEnd, _ wall: UInt64
    ) {
        path = cgroup.path
        self.end = end
        wallNanoseconds = wall
        let index = snapshot.index(of: cgroup.path)
        func reading(_ metric: MetricID) -> Reading {
            guard let index else { return .gone }
            return snapshot.total(index, metric)
        }
        var kills = reading(.memoryOOMKills)
        if kills == .absent { kills = reading(.memoryLocalOOMKills) }
        readings = Self.metrics.map { metric in
            switch metric {
            case .memoryOOMKills: (metric, kills)
            case .ioReadBytes, .ioWrittenBytes:
                // v2 lists only the disks that were used.
                (
                    metric,
                    reading(metric) == .absent && cgroup.countsAllIO ? Reading(0) : reading(metric)
                )
            case .pidsPeak:
                // Processes that do not belong to the command were in it the whole time.
                (
                    metric,
                    reading(metric).value.map { peak in
                        Reading(peak - min(peak, UInt64(cgroup.ownProcesses.count)))
                    } ?? reading(metric)
                )
            default: (metric, reading(metric))
            }
        }
        isKilledByMemoryLimit =
            end.isKill && (kills.value ?? 0) > 0 && Self.limitWasHit(reading)
    }

    /// Whether the cgroup's own limit was hit.
    ///
    /// The kernel also kills when an ancestor or the host runs out of memory.
    private static func limitWasHit(_ reading: (MetricID) -> Reading) -> Bool {
        if let count = reading(.memoryOOMs).value { return count > 0 }
        // v1 has no counter for this (failcnt stays 0 on Linux 6.18). At an OOM the peak equals
        // the limit, less a refused charge of up to 64 pages.
        let pairs: [(peak: MetricID, limit: MetricID)] = [
            (.memoryPeak, .memoryMax), (.memoryAndSwapPeak, .memoryAndSwapMax),
        ]
        return pairs.contains { pair in
            guard let peak = reading(pair.peak).value, let limit = reading(pair.limit).value
            else { return false }
            return peak + 64 * MemoryPage.size >= limit
        }
    }

    /// The reading of one of ``metrics``; `absent` for any other.
    package subscript(metric: MetricID) -> Reading {
        readings.first { $0.metric == metric }?.reading ?? .absent
    }
}
