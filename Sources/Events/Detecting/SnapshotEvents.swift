package import CgroupModel

/// Finds the events that two successive samples show, apart from the ends of cgroups.
///
/// A cgroup that is created and removed between two samples is missed, unless it was passed to
/// ``take(newborns:_:)``. The first sample yields nothing.
package struct SnapshotEvents: Sendable {
    /// The metrics that a sample must contain.
    package static var metrics: [MetricID] { CgroupAccount.metrics }

    /// The clocks at the time of a sample.
    package struct Clocks: Hashable, Sendable {
        /// The time.
        package let time: EventTime
        /// The nanoseconds since boot that the host has spent in suspend.
        package let suspended: UInt64

        /// Creates a value from the time and the total of suspend.
        package init(_ time: EventTime, suspended: UInt64) {
            self.time = time
            self.suspended = suspended
        }
    }

    private let interval: UInt64
    private var rows = RowStates<CgroupAccount>()
    /// The cgroups that no sample has contained yet, by generation: the inode of a v1 cgroup
    /// depends on the hierarchies in which it already exists.
    private var newborns: [UInt64: CgroupAccount] = [:]
    private var paths: [CgroupPath: CgroupID] = [:]
    /// The cgroups whose births were reported, but that the newest sample lacks.
    private(set) var unsampled: [UnsampledCgroup] = []
    private var clocks: Clocks?

    /// Whether all processes are in v2 cgroups, so that `cgroup.events` covers all of them.
    private let isUnified: Bool

    /// Creates a comparison; `interval` is the usual time between two samples in nanoseconds, and
    /// `isUnified` whether the host has no v1 controllers.
    package init(interval: UInt64, isUnified: Bool = false) {
        self.interval = interval
        self.isUnified = isUnified
    }

    /// Returns the cgroup at a path; without an identity if no sample or birth has shown it.
    package func cgroup(_ path: CgroupPath) -> EventCgroup { EventCgroup(path, paths[path]) }

    /// Takes cgroups that no sample contains yet, and returns their births.
    package mutating func take(newborns: [CgroupEntry], _ time: EventTime) -> [Event] {
        newborns.compactMap { entry in
            let generation = entry.id.generation
            guard rows.sample != nil, self.newborns[generation] == nil,
                rows.position(of: entry.path, generation: generation) == nil
            else { return nil }
            let account = open(entry, time, isNew: true)
            self.newborns[generation] = account
            return Event(.born, time, account.cgroup)
        }
    }

    /// Compares a sample with the previous one.
    mutating func take(_ step: SampleStep, _ clocks: Clocks) -> [Event] {
        var events = gap(clocks)
        self.clocks = clocks
        let snapshot = step.sample
        let gone = rows.follow(step, initial: .unknown)
        let isFirst = step.earlier == nil
        for position in step.moves.added {
            let entry = snapshot.cgroups[position]
            if let account = newborns.removeValue(forKey: entry.id.generation) {
                rows[position] = account
            } else {
                rows[position] = open(entry, clocks.time, isNew: !isFirst)
                if !isFirst { events.append(Event(.born, clocks.time, rows[position].cgroup)) }
            }
        }
        for position in snapshot.cgroups.indices
        where step.changed[position] || !rows[position].isQuiet {
            events += rows[position].take(
                snapshot, position, clocks.time, isUnified: isUnified)
        }
        // The remaining newborns ended before the sample; ``Obituaries`` reports them.
        for account in gone + newborns.values { close(account.cgroup) }
        unsampled = newborns.sorted { $0.key < $1.key }.map { _, account in
            UnsampledCgroup(cgroup: account.cgroup, born: account.born)
        }
        newborns = [:]
        return events
    }

    private mutating func open(
        _ entry: CgroupEntry, _ time: EventTime, isNew: Bool
    ) -> CgroupAccount {
        paths[entry.path] = entry.id
        return CgroupAccount(EventCgroup(entry.path, entry.id), born: isNew ? time.boot : nil)
    }

    private mutating func close(_ cgroup: EventCgroup) {
        if paths[cgroup.path] == cgroup.id { paths[cgroup.path] = nil }
    }

    private func gap(_ clocks: Clocks) -> [Event] {
        guard let before = self.clocks, clocks.time.boot > before.time.boot else { return [] }
        let passed = clocks.time.boot - before.time.boot
        let asleep = clocks.suspended > before.suspended ? clocks.suspended - before.suspended : 0
        let cause = asleep >= 1_000_000_000 ? "suspend" : "late sample"
        guard passed >= max(interval &* 3, 5_000_000_000) || cause == "suspend" else { return [] }
        let length = cause == "suspend" ? asleep : passed
        let details: [EventField: EventValue] = [
            .cause: .text(cause), .duration: .number(length / 1000),
        ]
        return [Event(.gap, clocks.time, nil, details)]
    }
}
