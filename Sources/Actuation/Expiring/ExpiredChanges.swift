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

        /// Whether an entry is to be tried again.
        var isIncomplete: Bool { failure != nil || results.contains(where: \.isRetried) }
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
        report.results.removeAll { $0.isLeft && $0.entry.expiry?.obstacle == $0.obstacle }
        return report
    }

    /// Undoes the entries of one helper, or those of helpers that ended.
    func undo(for helper: ProcessIdentity?, within patience: Duration) -> Report {
        do throws(JournalError) {
            let due = try journal.due(for: helper)
            if due.isEmpty { return Report() }
            // One process at a time, so that none restores what another has restored and a third
            // has changed since. After too long a wait it acts anyway.
            let lock = try? LockFolder("\(journal.directory)/locks").lock(
                Self.lockName, within: patience)
            if lock == nil, helper == nil { return Report() }
            let report = restore(due)
            try journal.leave(
                report.results.compactMap { result in
                    result.obstacle.map { (result.entry, $0) }
                })
            lock?.remove()
            return report
        } catch {
            return Report(failure: ActuationError(error))
        }
    }

    private func restore(_ due: [JournalEntry]) -> Report {
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
        case .foreign: "something else set it to \(found.map(entry.readable) ?? "")"
        case .failed(let error): error.message
        default: nil
        }
    }

    /// Whether another try can succeed: a created cgroup that is in use is simply left.
    fileprivate var isRetried: Bool {
        switch outcome {
        case .failed(let error): !(entry.subject == .cgroup && error.code == .busy)
        case .beingWritten: true
        default: false
        }
    }
}
