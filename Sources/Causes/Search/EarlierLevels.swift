package import CgroupModel

/// The usage gauges of all cgroups in a sample, to compute their growth up to a later sample.
///
/// A snapshot has the previous values of its counters, but not of its gauges. Keeping these few
/// takes much less memory than keeping the previous snapshot.
package struct EarlierLevels: Sendable {
    /// The gauges that are kept.
    private static let metrics: [MetricID] = Set(Watch.levels.map(\.usage) + [.memoryAnon]).sorted()

    /// The times of the last readings of each tier.
    let times: [TierTimes]
    private let values: [UInt64]
    private let rows: [CgroupID: Int]

    /// Copies the gauges of a sample.
    package init(_ snapshot: Snapshot) {
        times = snapshot.tierTimes
        values = snapshot.cgroups.indices.flatMap { index in
            Self.metrics.map { snapshot[index, $0].rawValue }
        }
        rows = Dictionary(
            snapshot.cgroups.enumerated().map { ($1.id, $0) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// The time of the sample in nanoseconds of CLOCK_BOOTTIME.
    package var time: UInt64 { times.map(\.now).max() ?? 0 }

    /// Returns a gauge of a cgroup; absent if the sample lacks the cgroup, or for another metric.
    func reading(of cgroup: CgroupID, _ metric: MetricID) -> Reading {
        guard let row = rows[cgroup], let column = Self.metrics.firstIndex(of: metric) else {
            return .absent
        }
        return Reading(rawValue: values[row * Self.metrics.count + column])
    }
}
