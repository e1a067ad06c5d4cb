package import CgroupModel

/// Writes a tombstone for each cgroup that ended, and accounts for usage that no tombstone has.
///
/// A parent's counter keeps the usage of removed children. The part that neither living children
/// nor tombstones explain belongs to children that ended unseen, or was used after a child's last
/// reading. A parent that has processes of its own at the sample is skipped, because its own usage
/// cannot be separated.
package struct Obituaries: Sendable {
    /// The metrics that a sample must contain.
    package static var metrics: [MetricID] { LifeTotals.metrics + [.pidsCurrent] }

    private struct Account {
        let cgroup: EventCgroup
        let parent: UInt64?
        let born: UInt64?
        var totals: LifeTotals
        var round: UInt64
        /// The usage of its removed children: from tombstones, and as already reported.
        var explained = LifeTotals()
        /// The unexplained usage from before the first sample; nil until that is taken.
        var base: LifeTotals?
        /// Whether a child ended since the last report.
        var hasLostChild = false
    }

    /// By generation.
    private var accounts: [UInt64: Account] = [:]
    private var generations: [CgroupPath: UInt64] = [:]
    private var round: UInt64 = 0
    private var previous: EventTime?
    /// The ends noticed since the last sample began; that sample may contain the cgroups.
    private var held: [CgroupEnd] = []

    /// Creates a register without cgroups.
    package init() {}

    /// The cgroups that ended, and the remainders of their parents.
    package struct Report: Sendable {
        /// The tombstones, in the order of paths.
        package var tombstones: [Tombstone] = []
        /// The remainders.
        package var unattributed: [Unattributed] = []
    }

    /// Compares a sample, which began at `time`, with the previous one.
    ///
    /// `ends` are those noticed since the previous call. The first sample yields nothing.
    mutating func take(_ snapshot: Snapshot, _ ends: [CgroupEnd], _ time: EventTime) -> Report {
        round += 1
        defer { previous = time }
        var living = [LifeTotals](repeating: LifeTotals(), count: snapshot.cgroups.count)
        var grown = living
        var tasks = [Int64](repeating: 0, count: snapshot.cgroups.count)
        for (index, entry) in snapshot.cgroups.enumerated() {
            let totals = LifeTotals(snapshot, index)
            let before = accounts[entry.id.generation]?.totals ?? (round == 1 ? totals : .zero)
            enter(entry, totals, snapshot, time)
            // Without the number it is unknown whether the usage is the cgroup's own.
            let own = Int64(clamping: snapshot[index, .pidsCurrent].value ?? 1)
            tasks[index] += own
            guard let parent = entry.parent else { continue }
            tasks[parent] -= own
            living[parent] = living[parent] + totals
            grown[parent] = grown[parent] + (totals - before)
        }
        var report = Report()
        let begin = snapshot.wallTime - min(snapshot.wallTime, snapshot.health.duration / 1000)
        bury(held + ends, after: begin, time, &report)
        let share = sweepShare(snapshot, time)
        for (index, entry) in snapshot.cgroups.enumerated() {
            let noise = grown[index].times(share)
            settle(entry, living[index], noise, hasOwnTasks: tasks[index] > 0, time, &report)
        }
        report.tombstones.sort { $0.cgroup.path < $1.cgroup.path }
        return report
    }

    /// Returns the share of the sampling interval that reading this sample took.
    ///
    /// A parent and its children are read at different moments, so their counters can differ by the
    /// growth in that time.
    private func sweepShare(_ snapshot: Snapshot, _ time: EventTime) -> Double {
        guard let previous, time.boot > previous.boot else { return 1 }
        return min(1, Double(snapshot.health.duration) / Double(time.boot - previous.boot))
    }

    private mutating func enter(
        _ entry: CgroupEntry, _ totals: LifeTotals, _ snapshot: Snapshot, _ time: EventTime
    ) {
        let generation = entry.id.generation
        guard accounts[generation] == nil else {
            accounts[generation]?.totals = totals
            accounts[generation]?.round = round
            return
        }
        accounts[generation] = Account(
            cgroup: EventCgroup(entry.path, entry.id),
            parent: entry.parent.map { snapshot.cgroups[$0].id.generation },
            born: round > 1 ? time.boot : nil, totals: totals, round: round,
            base: round > 1 ? LifeTotals() : nil)
        generations[entry.path] = generation
    }

    /// Writes the tombstones, those of children before those of their parents.
    ///
    /// `begin` is the time at which the sample began, in microseconds since 1970.
    private mutating func bury(
        _ ends: [CgroupEnd], after begin: UInt64, _ time: EventTime, _ report: inout Report
    ) {
        held = []
        guard round > 1 else { return }
        let dead = accounts.values.filter { $0.round < round }
            .sorted { $1.cgroup.path < $0.cgroup.path }
        var seen: [CgroupPath: CgroupEnd] = [:]
        let wanted = Set(dead.map(\.cgroup.path))
        for end in ends {
            if wanted.contains(end.path), seen[end.path] == nil {
                seen[end.path] = end
            } else if end.died.wall >= begin || !end.isReplaced && isLiving(end.path) {
                held.append(end)
            } else {
                bury(end, &report)
            }
        }
        for account in dead {
            guard let id = account.cgroup.id else { continue }
            bury(id.generation, seen[account.cgroup.path], time, &report)
        }
    }

    /// Whether the last sample contains a cgroup with this path.
    ///
    /// On v1, a cgroup that ended in one hierarchy may still exist in another.
    private func isLiving(_ path: CgroupPath) -> Bool {
        generations[path].flatMap { accounts[$0] }.map { $0.round == round } ?? false
    }

    /// Writes the tombstone of a cgroup that no sample contained.
    private mutating func bury(_ end: CgroupEnd, _ report: inout Report) {
        let stone = Tombstone(
            cgroup: EventCgroup(end.path), born: end.born, died: end.died,
            totals: end.final ?? LifeTotals(), reading: end.final == nil ? .none : .final)
        report.tombstones.append(stone)
        addToParent(end.path.parent.flatMap { generations[$0] }, stone.totals)
    }

    /// Writes the tombstone of a cgroup that the last sample no longer contains.
    private mutating func bury(
        _ generation: UInt64, _ end: CgroupEnd?, _ time: EventTime, _ report: inout Report
    ) {
        guard let account = accounts.removeValue(forKey: generation) else { return }
        let path = account.cgroup.path
        if generations[path] == generation { generations[path] = nil }
        let stone = Tombstone(
            cgroup: account.cgroup, born: end?.born ?? account.born, died: end?.died ?? time,
            totals: end?.final.map(account.totals.updated(by:)) ?? account.totals,
            reading: end?.final == nil ? .sample : .final)
        report.tombstones.append(stone)
        addToParent(account.parent, stone.totals)
        guard account.hasLostChild, let base = account.base else { return }
        let rest = stone.totals - (account.explained + base)
        guard !rest.isZero else { return }
        report.unattributed.append(
            Unattributed(parent: account.cgroup, time: stone.died, totals: rest))
    }

    private mutating func addToParent(_ parent: UInt64?, _ totals: LifeTotals) {
        guard let parent, let account = accounts[parent] else { return }
        accounts[parent]?.explained = account.explained + totals
        accounts[parent]?.hasLostChild = true
    }

    /// Reports the usage of a living parent that its children and the tombstones do not explain.
    private mutating func settle(
        _ entry: CgroupEntry, _ living: LifeTotals, _ noise: LifeTotals, hasOwnTasks: Bool,
        _ time: EventTime, _ report: inout Report
    ) {
        guard let account = accounts[entry.id.generation] else { return }
        guard let base = account.base else {
            accounts[entry.id.generation]?.base = account.totals - living
            return
        }
        guard account.hasLostChild, !hasOwnTasks, !entry.path.isRoot else { return }
        let rest = (account.totals - (living + account.explained + base)).above(noise)
        guard !rest.isZero else { return }
        report.unattributed.append(
            Unattributed(parent: account.cgroup, time: time, totals: rest))
        accounts[entry.id.generation]?.explained = account.explained + rest
        accounts[entry.id.generation]?.hasLostChild = false
    }
}
