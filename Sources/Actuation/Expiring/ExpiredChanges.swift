package import Hierarchy
internal import KernelIO

/// Undoes the changes whose deadlines have passed.
///
/// Each change has a helper that does so. Others take over what a killed helper has left.
package struct ExpiredChanges: Sendable {
    /// Entries that were undone, or that could not be.
    package struct Report: Sendable {
        /// The results, one for each entry.
        package var results: [RestoreResult] = []
        /// Why nothing could be tried; nil if it could.
        package var failure: ActuationError?

        /// Whether entries are left out for now, because a process is still writing their values.
        var isAtWork = false
        /// Why entries are left, by sequence number.
        fileprivate var reasons: [UInt64: String] = [:]

        /// Whether an entry is to be tried again.
        var isIncomplete: Bool {
            failure != nil || isAtWork || results.contains(where: \.isRetried)
        }
        /// Whether an entry is left, because others changed its value or a write failed.
        package var hasLeft: Bool { failure != nil || results.contains(where: \.isLeft) }
    }

    private static let lockName = "expired"

    private let set: HierarchySet
    private let journal: UndoJournal
    private let files: any ControlFiles

    /// Acts on a host's hierarchies.
    package init(
        set: HierarchySet, journal: UndoJournal, files: any ControlFiles = KernelControlFiles()
    ) {
        self.set = set
        self.journal = journal
        self.files = files
    }

    /// Undoes what helpers that died or hang have left, and reports what is new.
    ///
    /// Entries with a known obstacle are tried again, but reported only once undone.
    package func undoOverdue() -> Report {
        var report = undo(for: nil, within: .zero)
        let reasons = report.reasons
        report.results.removeAll { result in
            guard result.isLeft, result.entry.expiry?.obstacle != nil else { return false }
            return reasons[result.entry.sequence].map { !EntryExpiry.isFinal($0) } ?? true
        }
        return report
    }

    /// Undoes the entries of one helper, or those of helpers that ended.
    func undo(for helper: ProcessIdentity?, within patience: Duration) -> Report {
        do throws(JournalError) {
            let all = try journal.due(for: helper)
            // Its writer would write again, and its last record would name a closed entry.
            let due = all.filter { $0.processAtWork == nil }
            if due.isEmpty { return Report(isAtWork: !all.isEmpty) }
            // One process at a time, so that none restores what another has restored and a third
            // has changed since. After too long a wait it acts anyway.
            let lock = try? LockFolder("\(journal.directory)/locks").lock(
                Self.lockName, within: patience)
            if lock == nil, helper == nil { return Report() }
            var report = restore(due.filter { $0.expiry?.restores == nil })
            report.results += due.compactMap { entry in
                entry.expiry?.restores.map { putBack($0, of: entry) }
            }
            report.isAtWork = due.count < all.count
            try pass(&report)
            var left: [(entry: JournalEntry, reason: String)] = []
            for result in report.results {
                guard let reason = result.obstacle else { continue }
                left.append((result.entry, reason))
                report.reasons[result.entry.sequence] = reason
            }
            try journal.leave(left)
            lock?.remove()
            return report
        } catch {
            return Report(failure: ActuationError(error))
        }
    }

    /// Ends the changes below the daemon's values, which are in force.
    private func pass(_ report: inout Report) throws(JournalError) {
        for (place, result) in report.results.enumerated() {
            guard case .foreign = result.outcome,
                try journal.pass(result.entry, isInForce: { isInForce($0) })
            else { continue }
            report.results[place] = RestoreResult(
                entry: result.entry, found: result.found, outcome: .overridden)
        }
    }

    private func isInForce(_ entry: JournalEntry) -> Bool {
        guard case .value(let text) = entry.present(in: set, files) else { return false }
        return entry.isWritten(text)
    }

    private func restore(_ due: [JournalEntry]) -> Report {
        if due.isEmpty { return Report() }
        let numbers = Set(due.map(\.sequence))
        do throws(ActuationError) {
            let restorer = Restorer(set: set, journal: journal, files: files)
            return Report(
                results: try restorer.restore(inodes: Set(due.map(\.inode))) {
                    numbers.contains($0.sequence)
                })
        } catch {
            return Report(failure: error)
        }
    }

    /// Returns a value to an earlier change that does not expire, whose entry stays.
    private func putBack(_ value: String, of entry: JournalEntry) -> RestoreResult {
        var wanted = entry
        wanted.original = value
        func result(_ outcome: RestoreResult.Outcome, _ found: String? = nil) -> RestoreResult {
            RestoreResult(entry: wanted, found: found, outcome: outcome)
        }
        do throws(IOError) {
            let files = files.ofKubelet
            guard let hierarchy = set.hierarchies.first(where: { $0.label == entry.hierarchy })
            else {
                return result(
                    .failed(
                        ActuationError(
                            .unavailable, "hierarchy \(entry.hierarchy) is not mounted here")))
            }
            guard let target = try UndoTarget(wanted, in: set, files, RenamedPlaces()) else {
                try? journal.close([entry], reason: "gone")
                return result(.gone)
            }
            guard entry.isOurs(target.found) || wanted.isSame(target.found, value) else {
                return result(.foreign, target.found)
            }
            if let obstacle = target.obstacle(files) { return result(.failed(obstacle)) }
            // The entry still has the original. It loses its deadline only once it is put back.
            try target.putBack(files)
            let begun: JournalEntry
            do throws(ActuationError) {
                begun = try journal.owned(by: entry.owner).record(
                    entry.cell, at: entry.path, inode: entry.inode, in: hierarchy, target.found,
                    wanted: value, cause: entry.cause)
            } catch {
                return result(.failed(error))
            }
            let now = try UndoTarget(wanted, in: set, files, RenamedPlaces())?.found
            try? journal.finish(begun, readBack: now ?? value)
            return result(.restored, target.found)
        } catch {
            return result(.failed(ActuationError(error, on: entry.path, in: entry.hierarchy)))
        }
    }
}

extension RestoreResult {
    /// Why the entry is left; nil if it is not.
    fileprivate var obstacle: String? {
        switch outcome {
        case .foreign: EntryExpiry.changed
        case .failed(let error): isInUse ? EntryExpiry.inUse : error.message
        default: nil
        }
    }

    /// Whether another try can succeed: a created cgroup that is in use is simply left.
    fileprivate var isRetried: Bool {
        switch outcome {
        case .failed: !isInUse
        case .beingWritten: true
        default: false
        }
    }

    private var isInUse: Bool {
        guard case .failed(let error) = outcome else { return false }
        return entry.subject == .cgroup && error.code == .busy
    }
}
