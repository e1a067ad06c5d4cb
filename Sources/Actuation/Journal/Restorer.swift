package import CgroupModel
package import Hierarchy
internal import KernelIO

/// Restores the values in the journal; a second run writes nothing.
package struct Restorer {
    private let set: HierarchySet
    private let journal: UndoJournal
    private let files: any ControlFiles
    private let writer: UndoWriter

    /// Restores values in the hierarchies of `set`; `pause` waits between retries.
    package init(
        set: HierarchySet, journal: UndoJournal, files: any ControlFiles = KernelControlFiles(),
        pause: @escaping @Sendable (Duration) -> Void = Pause.sleep
    ) {
        self.set = set
        self.journal = journal
        // Changes in a kubelet's pods are restored even if the policy no longer allows changing
        // them.
        self.files = files.ofKubelet
        writer = UndoWriter(set: set, journal: journal, files: self.files, pause: pause)
    }

    /// Restores the values of a subtree, of some inodes, or all; a dry run only looks.
    ///
    /// Values that others have changed since are left unchanged unless forced. Entries that
    /// `isWanted` rejects are skipped. A value with changes by several owners gets the first one's
    /// original, if all of them are selected. Throws if the journal is from before this boot, or
    /// damaged without `force`.
    package func restore(
        _ path: CgroupPath? = nil, inodes: Set<UInt64>? = nil, owners: ChangeOwners = .all,
        force: Bool = false, dryRun: Bool = false,
        where isWanted: (JournalEntry) -> Bool = { _ in true }
    ) throws(ActuationError) -> [RestoreResult] {
        try restore(
            path, inodes: inodes, owners: owners, force: force, dryRun: dryRun, over: [:],
            where: isWanted)
    }

    /// `written` has the values that a previous round has just written, which count as ours.
    private func restore(
        _ path: CgroupPath?, inodes: Set<UInt64>?, owners: ChangeOwners, force: Bool, dryRun: Bool,
        over written: [JournalEntry.Place: String], where isWanted: (JournalEntry) -> Bool
    ) throws(ActuationError) -> [RestoreResult] {
        let view: JournalView
        do throws(JournalError) {
            view = try journal.view(inodes: inodes)
        } catch {
            throw ActuationError(error)
        }
        let missed = try check(view, owners, thaws: !dryRun && inodes == nil, force: force)
        let wanted = view.entries.filter {
            path.map($0.path.isWithin) ?? true && owners.include($0) && isWanted($0)
        }
        let settled = view.settled.filter {
            inodes?.contains($0.inode) ?? true && path.map($0.path.isWithin) ?? true
                && owners.include($0) && isWanted($0)
        }
        let changes = Dictionary(grouping: wanted, by: \.place)
        let kept = Dictionary(grouping: view.entries.filter(\.isPersons), by: \.place)
        let renamed = RenamedPlaces()
        var waiting = Array(wanted.filter { changes[$0.place]?.first == $0 }.reversed())
        var results: [RestoreResult] = []
        // The order is right for every limit in the catalog. For the rest, the kernel may accept a
        // refused value after the others. A weight also returns only once `cpu.idle` is restored.
        while true {
            let round = examine(
                waiting, changes, kept, written, renamed, force: force, dryRun: dryRun)
            let done = round.filter { !$0.isLeft }
            results += done
            waiting = round.filter(\.isLeft).map(\.entry)
            let hasWritten = done.contains(where: \.hasWritten)
            guard hasWritten, !dryRun, !waiting.isEmpty else {
                results += round.filter(\.isLeft)
                break
            }
        }
        if !dryRun {
            let stay = settle(results, changes, settled)
            if !stay.isEmpty {
                let written = Dictionary(
                    results.compactMap { one in one.written.map { (one.entry.place, $0) } },
                    uniquingKeysWith: { $1 })
                results.removeAll { stay.contains($0.entry.sequence) }
                results += try restore(
                    path, inodes: inodes, owners: owners, force: force, dryRun: false, over: written
                ) { stay.contains($0.sequence) }
            }
            // Everything readable was restored.
            if force, inodes == nil, wanted.count == view.entries.count, waiting.isEmpty,
                missed == nil
            {
                try? journal.setAside()
            }
        }
        // Only now: the values do not have to wait for it.
        if let missed { throw missed }
        return results
    }

    /// Thaws the cgroups that carry the freeze mark of these owners' changes, whatever the journal
    /// says.
    package func thawMarked(of owners: ChangeOwners) -> MarkedThaw {
        FrozenMark(journal: journal).thawAll(in: set, files, of: owners)
    }

    /// Throws if the journal is from before this boot, or damaged without `force`.
    ///
    /// Either way cgroups with our freeze mark are thawed first, because they cannot wait. Returns
    /// why one could not be thawed; nil if all could.
    private func check(
        _ view: JournalView, _ owners: ChangeOwners, thaws: Bool, force: Bool
    ) throws(ActuationError) -> ActuationError? {
        func thaw() -> MarkedThaw {
            thaws ? thawMarked(of: owners) : MarkedThaw()
        }
        guard !view.isFromEarlierBoot else {
            let missed = thaw().failure.map { "; \($0)" } ?? ""
            throw ActuationError(
                .refused,
                "the journal in \(journal.directory) predates this boot, and what "
                    + "it refers to is gone; remove it\(missed)")
        }
        guard !view.damagedLines.isEmpty else { return nil }
        let thawed = thaw()
        guard !force else { return thawed.failure }
        let done = thawed.count > 0 ? ", but frozen cgroups were thawed" : ""
        let missed = thawed.failure.map { "; \($0)" } ?? ""
        throw ActuationError(
            .refused,
            "nothing was written\(done): "
                + "\(JournalError.damaged(directory: journal.directory, lines: view.damagedLines))"
                + missed)
    }

    /// Separates restored, missing and foreign values, and writes the others in order.
    private func examine(
        _ entries: [JournalEntry], _ changes: [JournalEntry.Place: [JournalEntry]],
        _ kept: [JournalEntry.Place: [JournalEntry]], _ written: [JournalEntry.Place: String],
        _ renamed: RenamedPlaces, force: Bool, dryRun: Bool
    ) -> [RestoreResult] {
        var results: [RestoreResult] = []
        var pending: [UndoTarget] = []
        var hidden: [UndoTarget] = []
        for entry in entries {
            func conclude(_ outcome: RestoreResult.Outcome, _ found: String? = nil) {
                results.append(RestoreResult(entry: entry, found: found, outcome: outcome))
            }
            guard set.hierarchies.contains(where: { $0.label == entry.hierarchy }) else {
                conclude(.failed(Self.unseen(entry)))
                continue
            }
            do throws(IOError) {
                guard let target = try UndoTarget(entry, in: set, files, renamed) else {
                    conclude(entry.isUnmade ? .already : .gone)
                    continue
                }
                let here = changes[entry.place] ?? []
                if entry.isSame(target.found, entry.original) {
                    if let process = here.lazy.compactMap(\.processAtWork).first {
                        conclude(.beingWritten(by: process), target.found)
                        continue
                    }
                    if !dryRun { try YoungerCpusets(target, journal, files).widen() }
                    conclude(.already, target.found)
                } else if force
                    || written[entry.place].map({ entry.isSame(target.found, $0) }) == true
                    || here.contains(where: { $0.isOurs(target.found) })
                {
                    // What it writes after a restore, nothing would undo.
                    let writer = here.lazy.filter { !$0.isSame(target.found, $0.wanted) }
                        .compactMap(\.processAtWork).first
                    if !force, let writer {
                        conclude(.beingWritten(by: writer), target.found)
                    } else {
                        pending.append(target)
                    }
                } else if kept[entry.place]?.contains(where: { $0.isWritten(target.found) }) == true
                {
                    conclude(.kept, target.found)
                } else if dryRun, entry.isWeight {
                    hidden.append(target)
                } else {
                    conclude(.foreign, target.found)
                }
            } catch {
                conclude(
                    .failed(
                        ActuationError(error, on: entry.path, in: entry.hierarchy)))
            }
        }
        // The kernel hides the weight of an idle cgroup until `cpu.idle` is restored.
        for target in hidden {
            let isIdle = pending.contains {
                $0.entry.cell.file == "cpu.idle" && $0.directory.inode == target.directory.inode
            }
            let outcome: RestoreResult.Outcome = isIdle ? .restored : .foreign
            results.append(
                RestoreResult(entry: target.entry, found: target.found, outcome: outcome))
        }
        for one in pending.ordered(by: { $0.entry.restoreOrder(from: $0.found) }) {
            do throws(ActuationError) {
                results.append(
                    dryRun
                        ? RestoreResult(entry: one.entry, found: one.found, outcome: .restored)
                        : try writer.write(one, force: force))
            } catch {
                results.append(
                    RestoreResult(entry: one.entry, found: one.found, outcome: .failed(error)))
            }
        }
        return results
    }

    static func unseen(_ entry: JournalEntry) -> ActuationError {
        ActuationError(
            .unavailable,
            "hierarchy \(entry.hierarchy) is not mounted here, so \(entry.path) cannot be seen; "
                + "restore it where it is mounted")
    }

    /// Closes the finished entries with one append, and removes the journal if nothing is left.
    ///
    /// The changes below the values in `settled` are undone with them.
    /// Returns the numbers of entries that have another original by now. An entry that stays because
    /// the journal cannot be written is just retried.
    private func settle(
        _ results: [RestoreResult], _ changes: [JournalEntry.Place: [JournalEntry]],
        _ settled: [JournalEntry]
    ) -> Set<UInt64> {
        // The first owner's entry comes last, so that its value never becomes another owner's
        // original.
        let done = results.filter { !$0.isLeft }.flatMap { result in
            (changes[result.entry.place] ?? []).reversed()
        }
        let stay = (try? journal.closeRestored(done + settled)) ?? []
        try? journal.compact()
        return stay
    }
}
