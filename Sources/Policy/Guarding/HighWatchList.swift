package import CgroupModel

/// The ``HighWatcher`` of every cgroup whose memory.high a policy has set.
package struct HighWatchList: Sendable {
    private var watchers: [CgroupID: HighWatcher] = [:]

    /// Starts without cgroups.
    package init() {}

    /// Processes a tick; returns the paths whose memory.high has to be raised to max now.
    ///
    /// `watched` contains the cgroups whose memory.high a layer has set. A cgroup that is no longer
    /// in it is dropped after its pause, or when the cgroup is removed.
    package mutating func observe(
        _ snapshot: Snapshot, watched: Set<CgroupID>, at now: PolicyInstant
    ) -> [Effect.Target] {
        var stalled: [Effect.Target] = []
        var present: [CgroupID: HighWatcher] = [:]
        for (index, entry) in snapshot.cgroups.enumerated() {
            var watcher = watchers[entry.id] ?? HighWatcher()
            if watched.contains(entry.id), let sample = HighWatcher.Sample(snapshot, index) {
                if watcher.observe(sample, at: now) {
                    stalled.append(Effect.Target(path: entry.path, cgroup: entry.id))
                }
            } else if !watcher.isResting(now) {
                continue
            }
            present[entry.id] = watcher
        }
        watchers = present
        return stalled
    }

    /// Whether memory.high of a cgroup must not be set now.
    package func isResting(_ cgroup: CgroupID, at now: PolicyInstant) -> Bool {
        watchers[cgroup]?.isResting(now) ?? false
    }
}

extension HighWatcher.Sample {
    private static let usage = MetricCatalog.metric(named: "memory.current")?.id
    private static let events = MetricCatalog.metric(named: "memory.events.high")?.id
    private static let pressure = MetricCatalog.metric(named: "memory.pressure.full.avg10")?.id

    /// Reads a sample of the cgroup at `index`; nil if a value is missing.
    init?(_ snapshot: Snapshot, _ index: Int) {
        func value(_ metric: MetricID?) -> UInt64? { metric.flatMap { snapshot[index, $0].value } }
        guard let usage = value(Self.usage), let events = value(Self.events) else { return nil }
        self.init(
            usage: usage, highEvents: events,
            fullPressure: value(Self.pressure).map { Double($0) / 100 })
    }
}
