package import CgroupModel

/// Accounts for each OOM kill exactly once.
///
/// There are three sources: the kernel log, which names the victim; the counters of cgroups, which
/// vanish with them; and the host's counter in `/proc/vmstat`, which misses none. The kernel
/// increments the counters before it logs. A counted kill is therefore missing from the log only if
/// it is still missing one sample later.
package struct OOMLedger: Sendable {
    /// The metrics that a sample must contain.
    package static let metrics: [MetricID] = [.memoryLocalOOMKills, .memoryOOMKills]

    /// The maximum number of kills without a victim that one sample reports one by one.
    private static let mostEvents = 1000

    private let readsLog: Bool
    /// The cgroups' counters when they could last be read; nil if they never could.
    private var counters = RowStates<UInt64?>()
    /// The kills in counters that the log may still name.
    private var unnamed: [(cgroup: EventCgroup, count: UInt64)] = []
    /// The kills in the counters of the previous sample that the log has not named since.
    private var lapsed: [(cgroup: EventCgroup, count: UInt64)] = []
    /// The kills in the log since the last sample, by the victim's cgroup.
    private var logged: [CgroupPath: UInt64] = [:]
    /// The host's counter at the first sample, and at the previous one.
    private var base, previous: UInt64?
    /// The kills that were reported since the first sample.
    private var reported: UInt64 = 0

    /// Creates a ledger; `readsLog` is whether kills will be passed to ``log(_:)``.
    package init(readsLog: Bool) { self.readsLog = readsLog }

    /// Takes a kill from the log; the cgroup is nil if the log does not name it.
    ///
    /// A kill that the kernel counts twice must be passed twice.
    package mutating func log(_ cgroup: CgroupPath?) {
        reported += 1
        if let cgroup { logged[cgroup, default: 0] += 1 }
    }

    /// Returns the only cgroup with kills in the previous sample's counters that the log has not
    /// named since; nil if there are several such cgroups, or the number of kills differs.
    ///
    /// The newest sample is ignored, because the log may not have its kills yet.
    package func solePlace(of kills: UInt64) -> EventCgroup? {
        guard kills > 0, lapsed.count == 1, lapsed[0].count == kills else { return nil }
        return lapsed[0].cgroup
    }

    /// Whether cgroups have counted kills that the log may still name.
    var hasUnnamed: Bool { !unnamed.isEmpty }

    /// Takes the host's counter, read after a sample for which it was not read.
    mutating func note(total: UInt64?) { previous = total ?? previous }

    /// Compares a sample with the log, which must have been read to its end before the sample.
    ///
    /// `total` is the host's counter, read before the log; nil if it does not exist or was not read
    /// for this sample.
    mutating func settle(
        _ step: SampleStep, total: UInt64?, _ time: EventTime
    ) -> [Event] {
        defer {
            previous = total ?? previous
            logged = [:]
        }
        if base == nil, let total {
            base = total
            reported = 0
        }
        var found = newKills(step)
        Self.match(&unnamed, &logged)
        Self.match(&found, &logged)
        let due = readsLog ? unnamed : found
        unnamed = readsLog ? found : []
        lapsed = readsLog ? due : []
        // Without the host's counter all kills in the cgroups' counters are reported.
        var owed = readsLog && base != nil ? missing : nil
        var events: [Event] = []
        for (cgroup, count) in due {
            let number = min(count, owed ?? count)
            owed = owed.map { $0 - number }
            report(number, cgroup, "counter", time, &events)
        }
        report(missing, nil, "unattributed", time, &events)
        return events
    }

    /// The number of kills up to the previous sample that only the host's counter has.
    private var missing: UInt64 {
        guard let base, let previous, previous > base, previous - base > reported else { return 0 }
        return previous - base - reported
    }

    private mutating func report(
        _ count: UInt64, _ cgroup: EventCgroup?, _ source: String, _ time: EventTime,
        _ events: inout [Event]
    ) {
        guard count > 0 else { return }
        // A recording may hold any number.
        let (sum, overflow) = reported.addingReportingOverflow(count)
        reported = overflow ? .max : sum
        let room = UInt64(max(0, Self.mostEvents - events.count))
        for _ in 0..<min(count, room) {
            events.append(Event(.oomKill, time, cgroup, [.source: .text(source)]))
        }
        if count > room {
            events.append(
                Event(
                    .oomKill, time, cgroup, [.source: .text(source)], folded: count - room))
        }
    }

    /// The growth of the cgroups' counters since the previous sample.
    private mutating func newKills(
        _ step: SampleStep
    ) -> [(cgroup: EventCgroup, count: UInt64)] {
        let snapshot = step.sample
        let isFirst = step.earlier == nil
        _ = counters.follow(step, initial: nil)
        guard !step.isQuiet else { return [] }
        // Linux before 5.2 has one counter, without descendants.
        let columns = Self.metrics.compactMap { snapshot.schema.column(of: $0) }
        var found: [(cgroup: EventCgroup, count: UInt64)] = []
        for position in snapshot.cgroups.indices where step.changed[position] {
            let place = snapshot.cgroups[position].row
            let before = counters[position]
            for column in columns {
                guard let count = snapshot.reading(place, column: column).value else { continue }
                if count != before {
                    counters[position] = count
                    let growth = count - min(count, before ?? (isFirst ? count : 0))
                    let entry = snapshot.cgroups[position]
                    if growth > 0 { found.append((EventCgroup(entry.path, entry.id), growth)) }
                }
                break
            }
        }
        return found
    }

    /// Removes the kills that the log has named.
    private static func match(
        _ kills: inout [(cgroup: EventCgroup, count: UInt64)], _ logged: inout [CgroupPath: UInt64]
    ) {
        for place in kills.indices {
            guard let known = logged[kills[place].cgroup.path] else { continue }
            let number = min(known, kills[place].count)
            logged[kills[place].cgroup.path] = known - number
            kills[place].count -= number
        }
        kills.removeAll { $0.count == 0 }
    }
}
