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
        /// The sequence numbers of the entries for which another try can succeed.
        package fileprivate(set) var retried: Set<UInt64> = []
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
    /// Entries with a known obstacle are tried again, but reported only once undone. Those whose
    /// sequence numbers are in `waiting` are not tried now.
    package func undoOverdue(except waiting: Set<UInt64> = []) -> Report {
        var report = undo(for: nil, within: .zero, except: waiting)
        let reasons = report.reasons
        report.results.removeAll { result in
            guard result.isLeft, result.entry.expiry?.obstacle != nil else { return false }
            return reasons[result.entry.sequence].map { !EntryExpiry.isFinal($0) } ?? true
        }
        return report
    }

    /// Undoes the entries of one helper, or those of helpers that ended.
    func undo(
        for helper: ProcessIdentity?, within patience: Duration, except waiting: Set<UInt64> = []
    ) -> Report {
        do throws(JournalError) {
            let all = try journal.due(for: helper, except: waiting)
            // Its writer would write again, and its last record would name a closed entry.
            let due = all.filter { $0.processAtWork == nil }
            if due.isEmpty { return Report(isAtWork: !all.isEmpty) }
            // One process at a time, so that none restores what another has restored and a third
            // has changed since. After too long a wait it acts anyway.
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

    /// Ends the changes below the daemon's values, which are in force.
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
