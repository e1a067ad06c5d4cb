public import CgroupModel
internal import Hierarchy
public import KernelIO

/// What a run used, and how it ended.
public struct RunSummary: Sendable {
    /// Its cgroup.
    public let path: CgroupPath
    /// How the command ended.
    public let end: ProcessEnd
    /// From the start of the command to the end of the last process, in nanoseconds.
    public let wallNanoseconds: UInt64
    /// Whether a memory limit of the cgroup made the kernel kill, and the command ended by SIGKILL.
    public let isKilledByMemoryLimit: Bool
    private let readings: [(metric: MetricID, reading: Reading)]

    /// The readings in the order in which they are told, io summed over the devices.
    public static let metrics: [MetricID] = [
        .cpuUsage, .cpuUser, .cpuSystem, .cpuPeriods, .cpuThrottledPeriods, .cpuThrottledTime,
        .memoryPeak, .memoryPageFaults, .memoryMajorFaults, .ioReadBytes, .ioWrittenBytes,
        .pidsPeak, .pidsRefused, .memoryOOMKills,
    ]
    private static let evidence: [MetricID] = [
        .memoryLocalOOMKills, .memoryOOMs, .memoryMax, .memoryAndSwapPeak, .memoryAndSwapMax,
    ]

    /// Takes the last readings of a cgroup that still exists.
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
            throw ActuationError(.failed, "\(error); the usage of \(cgroup.path) is not known")
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
                // Who is not of the command was in it from the first to the last.
                (
                    metric,
                    reading(metric).value.map { Reading($0 - UInt64(cgroup.strangers.count)) }
                        ?? reading(metric)
                )
            default: (metric, reading(metric))
            }
        }
        isKilledByMemoryLimit =
            end.isKill && (kills.value ?? 0) > 0 && Self.limitWasHit(reading)
    }

    /// Whether the limit is this cgroup's own: the kernel also kills when an ancestor or the
    /// machine runs out of memory.
    private static func limitWasHit(_ reading: (MetricID) -> Reading) -> Bool {
        if let count = reading(.memoryOOMs).value { return count > 0 }
        // v1 counts nothing of the kind (failcnt stays 0 on Linux 6.18), but the peak then is the
        // limit, less a charge of up to 64 pages that was refused.
        let pairs: [(peak: MetricID, limit: MetricID)] = [
            (.memoryPeak, .memoryMax), (.memoryAndSwapPeak, .memoryAndSwapMax),
        ]
        return pairs.contains { pair in
            guard let peak = reading(pair.peak).value, let limit = reading(pair.limit).value
            else { return false }
            return peak + 64 * 4096 >= limit
        }
    }

    /// One of ``metrics``; `absent` for any other.
    public subscript(metric: MetricID) -> Reading {
        readings.first { $0.metric == metric }?.reading ?? .absent
    }
}
