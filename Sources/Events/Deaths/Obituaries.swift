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

    private struct Account {
        var cgroup = EventCgroup(.root)
        var parent: EventCgroup?
        var born: UInt64?
        /// The usage of its removed children that tombstones and earlier reports account for.
        var explained = LifeTotals.unknown
        /// The usage at the first sample that its living children do not account for.
        var base = LifeTotals.unknown
        /// The samples left in which the usage of a removed child may still appear.
        var samplesLeft = 0
        /// Whether the cgroup had processes of its own in a sample since the last report.
        var hadOwnTasks = false
        /// Whether the previous sample's task counts showed processes of the cgroup's own.
        var countedOwnTasks = false
        /// Whether a tombstone since the last report may lack usage.
        var lacksUsage = false

        /// Adds the usage of a removed child.
        mutating func addUsage(of stone: Tombstone) {
            explained = explained + stone.totals
            samplesLeft = Obituaries.patience
            if stone.reading != .final { lacksUsage = true }
        }
    }

    /// The number of samples to wait for late usage: some files lag, or are not in every sample.
    private static let patience = 5

    private var rows = RowStates<Account>()
    /// The accounts of the cgroups that ended, by generation, with their previous positions.
    private var closing: [UInt64: (position: Int, account: Account)] = [:]
    private var closingPaths: [CgroupPath: UInt64] = [:]
    private let ownProcesses: OwnProcesses?
    /// The cgroups of the newest sample that have processes of their own.
    private var hasOwnTasks: [Bool] = []
    /// Whether a count of own processes must be confirmed by the next sample.
    private var isUnsure = false
    /// Whether the usage of a removed child may still appear.
    private var isSettling = false
    private var previous: EventTime?
    /// The noticed ends whose cgroups the newest sample may still contain.
    private var postponed: [CgroupEnd] = []
    /// The reported cgroups that no sample contained and whose end has not been noticed yet.
    private var unsampled: [(cgroup: UnsampledCgroup, samplesLeft: Int)] = []

    /// Starts without cgroups.
    ///
    /// Without `ownProcesses` (a recording), the samples alone show which cgroups have processes.
    init(ownProcesses: OwnProcesses? = nil) { self.ownProcesses = ownProcesses }

    /// The cgroups that ended, and the remainders of their parents.
    package struct Report: Sendable {
        /// The tombstones, in the order of paths.
        package var tombstones: [Tombstone] = []
        /// The remainders; their totals are unknown if the parent had processes of its own.
        package var unattributed: [Unattributed] = []

        fileprivate mutating func add(
            _ parent: EventCgroup, _ time: EventTime, _ totals: LifeTotals
        ) {
            unattributed.append(Unattributed(parent: parent, time: time, totals: totals))
        }
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
        defer { previous = time }
        unsampled += missed.map { ($0, Self.patience) }
        let snapshot = step.sample
        let dead = rows.follow(step, initial: Account())
        for position in step.moves.added {
            let entry = snapshot.cgroups[position]
            rows[position].cgroup = EventCgroup(entry.path, entry.id)
            rows[position].parent = entry.parent.map { parent in
                EventCgroup(snapshot.cgroups[parent].path, snapshot.cgroups[parent].id)
            }
            rows[position].born = step.earlier == nil ? nil : time.boot
        }
        guard let earlier = step.earlier else {
            noteOwnTasks(snapshot)
            let families = families(Set(snapshot.cgroups.indices), step)
            for position in snapshot.cgroups.indices {
                rows[position].base =
                    LifeTotals(snapshot, position) - (families[position]?.living ?? .unknown)
            }
            return Report()
        }
        closingPaths = [:]
        for (position, account) in zip(step.moves.gone, dead) {
            guard let id = account.cgroup.id else { continue }
            closing[id.generation] = (position, account)
            closingPaths[account.cgroup.path] = id.generation
        }
        var report = Report()
        let begin = snapshot.wallTime - min(snapshot.wallTime, snapshot.health.duration / 1000)
        buryAll(ends, dead, beforeSampleAt: begin, earlier, time, &report)
        if !step.isQuiet || isSettling || isUnsure { noteOwnTasks(snapshot) }
        settle(step, time, &report)
        report.tombstones.sort { $0.cgroup.path < $1.cgroup.path }
        return report
    }

    /// Notes which cgroups have processes that none of their children contains.
    ///
    /// The counts of one sample can be wrong. They are trusted if no child ended recently and the
    /// next sample agrees; after an end, the list of processes decides.
    private mutating func noteOwnTasks(_ snapshot: Snapshot) {
        hasOwnTasks = snapshot.countsOwnTasks
        isUnsure = false
        for position in hasOwnTasks.indices {
            let isCounted = hasOwnTasks[position]
            let isFirst = isCounted && !rows[position].countedOwnTasks
            if rows[position].countedOwnTasks != isCounted {
                rows[position].countedOwnTasks = isCounted
            }
            guard isCounted, !rows[position].hadOwnTasks else { continue }
            var isOwn = true
            if let ownProcesses, rows[position].samplesLeft > 0 {
                isOwn = ownProcesses(rows[position].cgroup.path) ?? true
            } else if ownProcesses != nil, isFirst {
                isOwn = false
                isUnsure = true
            }
            hasOwnTasks[position] = isOwn
            if isOwn { rows[position].hadOwnTasks = true }
        }
    }

    /// The usage of a cgroup's living children, and its growth since the previous sample.
    private struct Family {
        var living = LifeTotals.unknown
        var grown = LifeTotals.unknown
    }

    private func families(
        _ parents: Set<Int>, _ step: SampleStep
    ) -> [Int: Family] {
        guard !parents.isEmpty else { return [:] }
        let snapshot = step.sample
        var families: [Int: Family] = [:]
        for (position, entry) in snapshot.cgroups.enumerated() {
            guard let parent = entry.parent, parents.contains(parent) else { continue }
            let totals = LifeTotals(snapshot, position)
            var before = step.earlier == nil ? totals : LifeTotals.zero
            if let earlier = step.earlier, let place = step.moves.before(position) {
                before = LifeTotals(earlier, place)
            }
            let family = families[parent] ?? Family()
            families[parent] = Family(
                living: family.living + totals, grown: family.grown + (totals - before))
        }
        return families
    }

    /// Returns the share of the sampling interval that reading this sample took.
    ///
    /// A parent and its children are read at different moments, so their counters can differ by the
    /// growth in that time.
    private func sweepShare(_ snapshot: Snapshot, _ time: EventTime) -> Double {
        guard let previous, time.boot > previous.boot else { return 1 }
        return min(1, Double(snapshot.health.duration) / Double(time.boot - previous.boot))
    }

    /// Writes the tombstones, and postpones ends that the sample may not show yet.
    ///
    /// `begin` is when the reading of the sample began, in microseconds since 1970. A parent comes
    /// after its children, because its remainder excludes their usage.
    private mutating func buryAll(
        _ ends: [CgroupEnd], _ dead: [Account], beforeSampleAt begin: UInt64, _ earlier: Snapshot,
        _ time: EventTime, _ report: inout Report
    ) {
        let gone = dead.map(\.cgroup) + unsampled.map(\.cgroup.cgroup)
        let match = EndMatch(postponed + ends, gone)
        postponed = []
        for end in match.others {
            if end.died.wall >= begin || mayExist(end) {
                postponed.append(end)
            } else {
                buryUnreported(end, &report)
            }
        }
        var reported = Report()
        buryReported(match.ends, time, &reported)
        for account in dead.reversed() {
            guard let generation = account.cgroup.id?.generation,
                let (position, last) = closing.removeValue(forKey: generation)
            else { continue }
            burySampled(last, LifeTotals(earlier, position), match.ends[generation], time, &report)
        }
        // At the same path, a cgroup without a sample is later than one of the previous sample.
        report.tombstones += reported.tombstones
    }

    /// Whether the newest sample may contain the cgroup.
    ///
    /// On v1, a cgroup that ended in one hierarchy may still exist in another.
    private func mayExist(_ end: CgroupEnd) -> Bool {
        guard !end.isReplaced, let position = rows.position(of: end.path),
            let entry = rows.sample?.cgroups[position]
        else { return false }
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
        addToParent(life.cgroup.path.parent.map { EventCgroup($0) }, stone)
    }

    /// Writes the tombstone of a cgroup that was in the previous sample but not in the newest.
    private mutating func burySampled(
        _ account: Account, _ totals: LifeTotals, _ end: CgroupEnd?, _ time: EventTime,
        _ report: inout Report
    ) {
        let stone = Tombstone(
            cgroup: account.cgroup, born: end?.born ?? account.born, died: end?.died ?? time,
            totals: end?.final.map(totals.updated(by:)) ?? totals,
            reading: end?.final == nil ? .sample : .final)
        report.tombstones.append(stone)
        addToParent(account.parent, stone)
        guard account.samplesLeft > 0 else { return }
        if account.hadOwnTasks {
            if account.lacksUsage { report.add(account.cgroup, stone.died, .unknown) }
            return
        }
        let rest = stone.totals - (account.explained + account.base)
        guard !rest.isZero else { return }
        report.add(account.cgroup, stone.died, rest)
    }

    /// Adds the usage of a removed child to its parent, which may have ended, too.
    private mutating func addToParent(_ parent: EventCgroup?, _ stone: Tombstone) {
        guard let parent else { return }
        if let position = rows.position(of: parent.path, generation: parent.id?.generation) {
            rows[position].addUsage(of: stone)
            isSettling = true
            return
        }
        let generation = parent.id?.generation ?? closingPaths[parent.path]
        if let generation { closing[generation]?.account.addUsage(of: stone) }
    }

    /// Reports the usage of living parents that their children and the tombstones do not explain.
    private mutating func settle(
        _ step: SampleStep, _ time: EventTime, _ report: inout Report
    ) {
        guard isSettling || !step.isQuiet else { return }
        let snapshot = step.sample
        let waiting = snapshot.cgroups.indices.filter {
            rows[$0].samplesLeft > 0 && !snapshot.cgroups[$0].path.isRoot
        }
        let parents = waiting.filter { !hasOwnTasks[$0] }
        for position in waiting where hasOwnTasks[position] {
            settleUnknown(position, time, &report)
        }
        isSettling = !parents.isEmpty
        guard isSettling else { return }
        let families = families(Set(parents), step)
        let share = sweepShare(snapshot, time)
        for position in parents {
            let family = families[position] ?? Family()
            let account = rows[position]
            rows[position].samplesLeft -= 1
            if rows[position].samplesLeft == 0, !account.hadOwnTasks {
                rows[position].lacksUsage = false
            }
            let known = family.living + account.explained + account.base
            let rest = (LifeTotals(snapshot, position) - known).above(family.grown.times(share))
            guard !rest.isZero || account.hadOwnTasks else { continue }
            rows[position].explained = account.explained + rest
            rows[position].samplesLeft = 0
            if account.hadOwnTasks {
                rows[position].hadOwnTasks = false
                settleUnknown(position, time, &report)
            } else {
                rows[position].lacksUsage = false
                report.add(account.cgroup, time, rest)
            }
        }
    }

    /// Reports, at most once, that tombstones may lack usage inseparable from the parent's own.
    private mutating func settleUnknown(
        _ position: Int, _ time: EventTime, _ report: inout Report
    ) {
        guard rows[position].lacksUsage else { return }
        rows[position].lacksUsage = false
        report.add(rows[position].cgroup, time, .unknown)
    }
}
