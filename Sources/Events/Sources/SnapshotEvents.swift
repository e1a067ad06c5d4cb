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
    /// By generation: the inode of a v1 cgroup depends on the hierarchies in which it already exists.
    private var accounts: [UInt64: CgroupAccount] = [:]
    private var paths: [CgroupPath: CgroupID] = [:]
    private var round: UInt64 = 0
    private var clocks: Clocks?

    /// Creates a comparison; `interval` is the usual time between two samples in nanoseconds.
    package init(interval: UInt64) { self.interval = interval }

    /// Returns the cgroup at a path; without an identity if no sample has it.
    package func cgroup(_ path: CgroupPath) -> EventCgroup { EventCgroup(path, paths[path]) }

    /// Takes cgroups that are not in a sample yet.
    package mutating func take(newborns: [CgroupEntry], _ time: EventTime) -> [Event] {
        newborns.compactMap { entry in
            guard round > 0, accounts[entry.id.generation] == nil else { return nil }
            return open(entry, time, isNew: true)
        }
    }

    /// Compares a sample with the previous one.
    package mutating func take(_ snapshot: Snapshot, _ clocks: Clocks) -> [Event] {
        let isFirst = round == 0
        round += 1
        let events = gap(clocks)
        self.clocks = clocks
        var changes: [Event] = []
        for (index, entry) in snapshot.cgroups.enumerated() {
            if accounts[entry.id.generation] == nil,
                let event = open(entry, clocks.time, isNew: !isFirst)
            {
                changes.append(event)
            }
            accounts[entry.id.generation]?.round = round
            changes += accounts[entry.id.generation]?.take(snapshot, index, clocks.time) ?? []
        }
        close()
        return events + changes
    }

    private mutating func open(
        _ entry: CgroupEntry, _ time: EventTime, isNew: Bool
    ) -> Event? {
        let cgroup = EventCgroup(entry.path, entry.id)
        accounts[entry.id.generation] = CgroupAccount(
            cgroup, born: isNew ? time.boot : nil, round: round)
        paths[entry.path] = entry.id
        return isNew ? Event(.born, time, cgroup) : nil
    }

    /// Closes the accounts of the cgroups that the last sample lacks; ``Obituaries`` reports them.
    private mutating func close() {
        for account in accounts.values where account.round < round {
            guard let id = account.cgroup.id else { continue }
            accounts[id.generation] = nil
            if paths[account.cgroup.path] == id { paths[account.cgroup.path] = nil }
        }
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
