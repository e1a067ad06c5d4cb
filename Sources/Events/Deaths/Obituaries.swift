package import CgroupModel

/// Writes a tombstone for each cgroup that ended, and accounts for usage that no tombstone has.
///
/// A parent's counter keeps the usage of removed children. The part that neither living children
/// nor tombstones explain belongs to children that ended unseen, or was used after a child's last
/// reading. It cannot be separated from the usage of a parent's own processes; if there are any,
/// the remainder is reported as unknown.
package struct Obituaries: Sendable {
    /// The metrics that a sample must contain.
    package static var metrics: [MetricID] { LifeTotals.metrics + watched }
    /// The metrics whose changes show that a sample needs processing.
    static let watched: [MetricID] = [.pidsCurrent]

    private var ledger: UsageLedger
    /// The noticed ends whose cgroups the newest sample may still contain.
    private var postponed: [CgroupEnd] = []
    /// The cgroups with a tombstone whose end may still be noticed.
    ///
    /// The kernel sends the notice after the removal, and a busy host may let a sample come first.
    private var unnoticed: [(cgroup: EventCgroup, samplesLeft: Int)] = []
    /// The reported cgroups that no sample contained and whose end has not been noticed yet.
    private var unsampled: [(cgroup: UnsampledCgroup, samplesLeft: Int)] = []

    /// Starts without cgroups.
    ///
    /// Without `ownProcesses` (a recording), the samples alone show which cgroups have processes.
    init(ownProcesses: OwnProcesses? = nil) {
        ledger = UsageLedger(ownProcesses: ownProcesses)
    }

    /// The cgroups that ended, and the remainders of their parents.
    package struct Report: Sendable {
        /// The tombstones, in the order of paths.
        package var tombstones: [Tombstone] = []
        /// The remainders; their totals are unknown if the parent had processes of its own.
        package var unattributed: [Unattributed] = []
    }

    /// Compares a sample with the previous one.
    ///
    /// `time.boot` is when the reading of the sample began, `time.wall` when it ended. `ends` were
    /// noticed since the previous call. `missed` were reported, but are in neither sample. The
    /// first sample yields nothing.
    mutating func take(
        _ step: SampleStep, _ ends: [CgroupEnd], _ missed: [UnsampledCgroup],
        _ time: EventTime
    ) -> Report {
        unsampled += missed.map { ($0, UsageLedger.patience) }
        let gone = ledger.follow(step, time)
        guard let earlier = step.earlier else { return Report() }
        let snapshot = step.sample
        var report = Report()
        let begin = snapshot.wallTime - min(snapshot.wallTime, snapshot.health.duration / 1000)
        buryAll(ends, gone, beforeSampleAt: begin, earlier, time, &report)
        report.unattributed += ledger.settle(step, time)
        report.tombstones.sort { $0.cgroup.path < $1.cgroup.path }
        return report
    }

    /// Writes the tombstones, and postpones ends that the sample may not show yet.
    ///
    /// `begin` is when the reading of the sample began, in microseconds since 1970. A parent comes
    /// after its children, because its remainder excludes their usage.
    private mutating func buryAll(
        _ ends: [CgroupEnd], _ gone: [EventCgroup], beforeSampleAt begin: UInt64,
        _ earlier: Snapshot, _ time: EventTime, _ report: inout Report
    ) {
        let match = EndMatch(
            postponed + ends, unnoticed.map(\.cgroup) + gone + unsampled.map(\.cgroup.cgroup))
        postponed = []
        unnoticed = unnoticed.compactMap { cgroup, samplesLeft in
            let isNoticed = cgroup.id.map { match.ends[$0.generation] != nil } ?? true
            return isNoticed || samplesLeft == 0 ? nil : (cgroup, samplesLeft - 1)
        }
        for end in match.others {
            if end.died.wall >= begin || mayExist(end) {
                postponed.append(end)
            } else {
                buryUnreported(end, &report)
            }
        }
        var reported = Report()
        buryReported(match.ends, time, &reported)
        for cgroup in gone.reversed() {
            guard let generation = cgroup.id?.generation,
                let (position, account) = ledger.close(generation)
            else { continue }
            burySampled(
                account, LifeTotals(earlier, position), match.ends[generation], time, &report)
        }
        // At the same path, a cgroup without a sample is later than one of the previous sample.
        report.tombstones += reported.tombstones
    }

    /// Whether the newest sample may contain the cgroup.
    ///
    /// On v1, a cgroup that ended in one hierarchy may still exist in another.
    private func mayExist(_ end: CgroupEnd) -> Bool {
        guard !end.isReplaced, let entry = ledger.entry(at: end.path) else { return false }
        // Ends are noticed in one hierarchy only: that of the memory controller, if it is mounted.
        let isLater = end.inode != 0 && end.inode != entry.id.inode
        return !(isLater && entry.controllers.contains(.memory))
    }

    /// Writes the tombstones of cgroups that were reported but never sampled.
    ///
    /// If no end is noticed within some samples, the tombstone is dated to the newest sample.
    private mutating func buryReported(
        _ seen: [UInt64: CgroupEnd], _ time: EventTime, _ report: inout Report
    ) {
        let waiting = unsampled
        unsampled = []
        for (life, samplesLeft) in waiting {
            let end = life.cgroup.id.flatMap { seen[$0.generation] }
            guard end != nil || samplesLeft == 0 else {
                unsampled.append((life, samplesLeft - 1))
                continue
            }
            buryUnsampled(end, of: life, time, &report)
        }
    }

    /// Writes the tombstone of a cgroup that was neither sampled nor reported as born.
    private mutating func buryUnreported(_ end: CgroupEnd, _ report: inout Report) {
        let life = UnsampledCgroup(cgroup: EventCgroup(end.path), born: end.born)
        buryUnsampled(end, of: life, end.died, &report)
    }

    /// Writes the tombstone of a cgroup that no sample contained.
    private mutating func buryUnsampled(
        _ end: CgroupEnd?, of life: UnsampledCgroup, _ time: EventTime, _ report: inout Report
    ) {
        let stone = Tombstone(
            cgroup: life.cgroup, born: end?.born ?? life.born, died: end?.died ?? time,
            totals: end?.final ?? .unknown, reading: end?.final == nil ? .none : .final)
        report.tombstones.append(stone)
        if end == nil { unnoticed.append((life.cgroup, UsageLedger.patience)) }
        ledger.add(stone, to: life.cgroup.path.parent.map { EventCgroup($0) })
    }

    /// Writes the tombstone of a cgroup that was in the previous sample but not in the newest.
    private mutating func burySampled(
        _ account: UsageLedger.Account, _ totals: LifeTotals, _ end: CgroupEnd?, _ time: EventTime,
        _ report: inout Report
    ) {
        let stone = Tombstone(
            cgroup: account.cgroup, born: end?.born ?? account.born, died: end?.died ?? time,
            totals: end?.final.map(totals.updated(by:)) ?? totals,
            reading: end?.final == nil ? .sample : .final)
        report.tombstones.append(stone)
        if end == nil { unnoticed.append((account.cgroup, UsageLedger.patience)) }
        ledger.add(stone, to: account.parent)
        if let rest = account.remainder(after: stone) {
            report.unattributed.append(
                Unattributed(parent: account.cgroup, time: stone.died, totals: rest))
        }
    }
}
