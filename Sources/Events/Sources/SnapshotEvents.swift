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
    private var columns = WatchedColumns(metrics)
    /// The cgroups that no sample has contained yet, by generation: the inode of a v1 cgroup
    /// depends on the hierarchies in which it already exists.
    private var newborns: [UInt64: CgroupAccount] = [:]
    private var paths: [CgroupPath: CgroupID] = [:]
    /// The births that were reported since the last sample, and before it since the one before.
    private var births: Set<Birth> = []
    private var earlierBirths: Set<Birth> = []

    /// Distinguishes successive cgroups with the same path.
    private struct Birth: Hashable {
        let path: CgroupPath
        /// 0 if it may be that of another hierarchy than the one in which ends are noticed.
        let inode: UInt64
    }
    private var clocks: Clocks?

    /// Creates a comparison; `interval` is the usual time between two samples in nanoseconds.
    package init(interval: UInt64) { self.interval = interval }

    /// Returns the cgroup at a path; without an identity if no sample has it.
    package func cgroup(_ path: CgroupPath) -> EventCgroup { EventCgroup(path, paths[path]) }

    /// Whether the birth of a cgroup was reported, or happened before the first sample.
    func knowsBirth(of path: CgroupPath, inode: UInt64) -> Bool {
        guard inode != 0 else { return paths[path] != nil }
        let possible = [inode, 0].map { Birth(path: path, inode: $0) }
        return paths[path]?.inode == inode
            || possible.contains { births.contains($0) || earlierBirths.contains($0) }
    }

    /// Takes cgroups that are not in a sample yet.
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
    package mutating func take(_ snapshot: Snapshot, _ clocks: Clocks) -> [Event] {
        var events = gap(clocks)
        self.clocks = clocks
        columns.adopt(snapshot.schema)
        let step = rows.follow(snapshot, initial: .unknown)
        let isFirst = step.earlier == nil
        for position in step.added {
            let entry = snapshot.cgroups[position]
            if let account = newborns.removeValue(forKey: entry.id.generation) {
                rows[position] = account
            } else {
                rows[position] = open(entry, clocks.time, isNew: !isFirst)
                if !isFirst { events.append(Event(.born, clocks.time, rows[position].cgroup)) }
            }
        }
        for position in snapshot.cgroups.indices
        where !rows[position].isQuiet || columns.changed(snapshot, position, since: step) {
            events += rows[position].take(snapshot, position, clocks.time)
        }
        // Those that the sample lacks ended before it; ``Obituaries`` reports them.
        for account in step.gone.map(\.state) + newborns.values { close(account.cgroup) }
        newborns = [:]
        (births, earlierBirths) = ([], births)
        return events
    }

    private mutating func open(
        _ entry: CgroupEntry, _ time: EventTime, isNew: Bool
    ) -> CgroupAccount {
        paths[entry.path] = entry.id
        // On v1, a directory may be made in the other hierarchies first.
        let inode = entry.controllers.contains(.memory) ? entry.id.inode : 0
        if isNew { births.insert(Birth(path: entry.path, inode: inode)) }
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
