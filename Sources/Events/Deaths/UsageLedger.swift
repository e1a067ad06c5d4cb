internal import CgroupModel

/// Accounts for the usage of removed children, which stays in their parents' counters.
struct UsageLedger: Sendable {
    /// The account of one cgroup, which ends with it.
    struct Account {
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
            samplesLeft = UsageLedger.patience
            if stone.reading != .final { lacksUsage = true }
        }

        /// The usage of a cgroup that ended, beyond that of its children; nil for none.
        ///
        /// Unknown totals mean that it cannot be separated from that of its own processes.
        func remainder(after stone: Tombstone) -> LifeTotals? {
            guard samplesLeft > 0 else { return nil }
            if hadOwnTasks { return lacksUsage ? .unknown : nil }
            let rest = stone.totals - (explained + base)
            return rest.isZero ? nil : rest
        }
    }

    /// The number of samples to wait for late usage: some files lag, or are not in every sample.
    static let patience = 5

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
    /// The time of the newest sample.
    private var newest: EventTime?
    /// The time of the sample before.
    private var previous: EventTime?

    /// Starts without cgroups.
    ///
    /// Without `ownProcesses`, the samples alone show which cgroups have processes.
    init(ownProcesses: OwnProcesses?) { self.ownProcesses = ownProcesses }

    /// Follows the next sample and returns the cgroups that ended.
    ///
    /// Each of them must be closed before ``settle(_:_:)``, its children first.
    mutating func follow(_ step: SampleStep, _ time: EventTime) -> [EventCgroup] {
        previous = newest
        newest = time
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
        guard step.earlier != nil else {
            noteOwnTasks(snapshot)
            let families = families(Set(snapshot.cgroups.indices), step)
            for position in snapshot.cgroups.indices {
                rows[position].base =
                    LifeTotals(snapshot, position) - (families[position]?.living ?? .unknown)
            }
            return []
        }
        closingPaths = [:]
        for (position, account) in zip(step.moves.gone, dead) {
            guard let id = account.cgroup.id else { continue }
            closing[id.generation] = (position, account)
            closingPaths[account.cgroup.path] = id.generation
        }
        return dead.map(\.cgroup)
    }

    /// The newest sample's cgroup at a path.
    func entry(at path: CgroupPath) -> CgroupEntry? {
        rows.position(of: path).flatMap { rows.sample?.cgroups[$0] }
    }

    /// Removes the account of a cgroup that ended; returns it and its position before.
    mutating func close(_ generation: UInt64) -> (position: Int, account: Account)? {
        closing.removeValue(forKey: generation)
    }

    /// Adds the usage of a removed child to its parent, which may have ended, too.
    mutating func add(_ stone: Tombstone, to parent: EventCgroup?) {
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
    ///
    /// Totals are unknown where they cannot be separated from the usage of the parent's own
    /// processes.
    mutating func settle(_ step: SampleStep, _ time: EventTime) -> [Unattributed] {
        let snapshot = step.sample
        if !step.isQuiet || isSettling || isUnsure { noteOwnTasks(snapshot) }
        guard isSettling || !step.isQuiet else { return [] }
        var report: [Unattributed] = []
        let waiting = snapshot.cgroups.indices.filter {
            rows[$0].samplesLeft > 0 && !snapshot.cgroups[$0].path.isRoot
        }
        let parents = waiting.filter { !hasOwnTasks[$0] }
        for position in waiting where hasOwnTasks[position] {
            settleUnknown(position, time, &report)
        }
        isSettling = !parents.isEmpty
        guard isSettling else { return report }
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
                report.append(Unattributed(parent: account.cgroup, time: time, totals: rest))
            }
        }
        return report
    }

    /// Reports, at most once, that tombstones may lack usage inseparable from the parent's own.
    private mutating func settleUnknown(
        _ position: Int, _ time: EventTime, _ report: inout [Unattributed]
    ) {
        guard rows[position].lacksUsage else { return }
        rows[position].lacksUsage = false
        report.append(
            Unattributed(parent: rows[position].cgroup, time: time, totals: .unknown))
    }

    /// Notes which cgroups have processes that none of their children contains.
    ///
    /// The counts of one sample can be wrong. They are trusted if no child ended recently and the
    /// next sample agrees; after an end, the list of processes decides.
    private mutating func noteOwnTasks(_ snapshot: Snapshot) {
        let counted = snapshot.countsOwnTasks
        hasOwnTasks = counted.map { $0 ?? (ownProcesses == nil) }
        isUnsure = false
        for position in hasOwnTasks.indices {
            // Without a count, the list is needed, and only after an end.
            let isKnown = counted[position] != nil
            guard isKnown || ownProcesses == nil || rows[position].samplesLeft > 0 else { continue }
            let isCounted = counted[position] ?? true
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
}
