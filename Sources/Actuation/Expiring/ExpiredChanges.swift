package import Hierarchy
internal import KernelIO

/// Undoes the changes whose deadlines have passed.
///
/// Each change has a helper process for this. Later commands and the daemon take over the changes
/// of helpers that died or hang.
package struct ExpiredChanges: Sendable {
    /// The result of an attempt to undo entries.
    package struct Report: Sendable {
        /// The results, one for each entry.
        package var results: [RestoreResult] = []
        /// The error of the journal or of the hierarchies; nil if there was none.
        package var failure: ActuationError?

        /// Whether entries were skipped, because a process is still writing their values.
        var isAtWork = false
        /// Why entries are left, by sequence number.
        fileprivate var reasons: [UInt64: String] = [:]

        /// Whether another try is needed.
        var isIncomplete: Bool {
            failure != nil || isAtWork || results.contains(where: \.isRetried)
        }
        /// The sequence numbers of the entries for which another try can succeed.
        package fileprivate(set) var retried: Set<UInt64> = []
        /// Whether an entry is left, because another process changed or is writing its value, or a
        /// write failed.
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

    /// Undoes the overdue entries of helpers that died or hang, and reports new results.
    ///
    /// Entries with a known obstacle are tried again, but reported only once undone or given up.
    /// Entries whose sequence numbers are in `waiting` are not tried now.
    package func undoOverdue(except waiting: Set<UInt64> = []) -> Report {
        var report = undo(for: nil, within: .zero, except: waiting)
        let reasons = report.reasons
        report.results.removeAll { result in
            guard result.isLeft, result.entry.expiry?.obstacle != nil else { return false }
            return reasons[result.entry.sequence].map { !EntryExpiry.isFinal($0) } ?? true
        }
        return report
    }

    /// Undoes the due entries of one helper; with nil, those of helpers that died or hang.
    func undo(
        for helper: ProcessIdentity?, within patience: Duration, except waiting: Set<UInt64> = []
    ) -> Report {
        do throws(JournalError) {
            let all = try journal.due(for: helper, except: waiting)
            // Skip values that a process is writing: it would write after the restore, and its last
            // record would name a closed entry.
            let due = all.filter { $0.processAtWork == nil }
            if due.isEmpty { return Report(isAtWork: !all.isEmpty) }
            // One process at a time: otherwise one could undo a change that a third made after
            // another's restore. After the timeout, a helper continues without the lock.
            let lock = try? LockFolder("\(journal.directory)/locks").lock(
                Self.lockName, within: patience)
            if lock == nil, helper == nil { return Report() }
            var report = restore(due.filter(\.earlier.isEmpty))
            report.results += ChangeReverter(set: set, journal: journal, files: files).revert(
                due.filter { !$0.earlier.isEmpty })
            report.isAtWork = due.count < all.count
            report.retried = Set(report.results.filter(\.isRetried).map(\.entry.sequence))
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

    /// Ends the changes that the daemon has overridden, if the daemon's values are in force.
    private func pass(_ report: inout Report) throws(JournalError) {
        for (place, result) in report.results.enumerated() {
            guard case .foreign = result.outcome,
                try journal.pass(result.entry, isInForce: { $0.isInForce(in: set, files) })
            else { continue }
            report.results[place] = RestoreResult(
                entry: result.entry, found: result.found, outcome: .overridden)
        }
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
