package import CgroupModel
package import Hierarchy

/// The ends of a host's cgroups, from samples and the kernel's notices.
package struct HostDeaths: Sendable {
    /// The metrics that the samples must contain.
    package static var metrics: [MetricID] { Obituaries.metrics }

    private let watch: DeathWatch?
    private var samples = SampleSequence(watching: Obituaries.watched)
    private var obituaries: Obituaries

    /// Starts to watch; without inotify, and in a captured tree, only samples show the ends.
    package init(_ set: HierarchySet) {
        watch = set.system.isLive ? DeathWatch(set) : nil
        let ownProcesses: OwnProcesses = { path in set.hasOwnProcesses(path) }
        obituaries = Obituaries(ownProcesses: set.system.isLive ? ownProcesses : nil)
    }

    /// The ends since the previous sample.
    package struct Report: Sendable {
        /// The tombstones, in the order of paths.
        package let tombstones: [Tombstone]
        /// The usage of removed cgroups that no tombstone shows; without totals if it is unknown.
        package let unattributed: [Unattributed]
        /// Whether some ends may be missing, because there were too many.
        package let isIncomplete: Bool
    }

    /// Returns the ends that a sample and the notices up to now show.
    ///
    /// Without `waiting`, notices are left for the next call while the thread that reads them is
    /// busy.
    package mutating func take(_ snapshot: Snapshot, waiting: Bool = true) -> Report {
        take(samples.next(snapshot), [], waiting: waiting)
    }

    /// Returns the ends that a sample and the notices up to now show.
    ///
    /// `unsampled` are cgroups whose births were reported, and that this sample would contain if
    /// they existed.
    mutating func take(
        _ step: SampleStep, _ unsampled: [UnsampledCgroup], waiting: Bool = true
    ) -> Report {
        let snapshot = step.sample
        let (ends, isIncomplete) = watch?.take(waiting: waiting) ?? ([], false)
        let time = EventTime(
            wall: snapshot.wallTime, boot: snapshot.tierTimes[Tier.tick.rawValue].now)
        let report = obituaries.take(step, ends, unsampled, time)
        return Report(
            tombstones: report.tombstones, unattributed: report.unattributed,
            isIncomplete: isIncomplete)
    }
}
