package import CgroupModel

/// Finds the events that recorded samples show by themselves.
///
/// OOM kills lack their victims, changes lack their writers, and cgroups that lived between two
/// samples are missing.
package struct RecordedEvents: Sendable {
    private var samples = SampleSequence(watching: HostEvents.watched)
    private var changes = SnapshotEvents(interval: .max / 4)
    private var ledger = OOMLedger(readsLog: false)
    private var limits = LimitChanges()
    private var obituaries = Obituaries()

    /// Starts before the first sample.
    package init() {}

    /// Compares a sample with the previous one.
    package mutating func take(_ snapshot: Snapshot) -> [Event] {
        let time = EventTime(
            wall: snapshot.wallTime, boot: snapshot.tierTimes[Tier.tick.rawValue].now)
        let step = samples.next(snapshot)
        let ended = obituaries.take(step, [], [], time).tombstones.map(\.event)
        return ended + changes.take(step, SnapshotEvents.Clocks(time, suspended: 0))
            + ledger.settle(step, total: nil, time) + limits.take(step, time)
    }
}
