package import Actuation
internal import CgroupModel
package import Hierarchy

/// Undoes the changes of a daemon that did not shut down cleanly, using only the undo journal.
///
/// Changes by a person's commands are not undone, except by ``settleOverdue()``.
package struct Settlement: Sendable {
    /// The report of a settlement.
    package struct Report: Sendable {
        /// The values that were restored or could not be.
        package var results: [RestoreResult] = []
        /// The reasons why a restore was not attempted.
        package var failures: [ActuationError] = []

        /// The report as text, one line per value or failure.
        package var lines: [String] {
            results.map { result in
                let what = "\(result.entry.path) \(result.entry.cell)"
                return switch result.outcome {
                case .foreign: "\(what): left alone, changed by another program"
                case .beingWritten(let process):
                    "\(what): left alone, process \(process.pid) is changing it"
                case .failed(let error): "\(what): not restored: \(error)"
                case .gone: "\(what): gone"
                case .overridden: "\(what): the daemon's value is in force"
                case .kept: "\(what): left alone, a command set it"
                case .restored, .already, .residue: "\(what): restored"
                }
            } + failures.map { "not restored: \($0)" }
        }

        /// The entries that could not be restored, although no other program changed them.
        package var unfinished: [JournalEntry] {
            results.filter { result in
                switch result.outcome {
                case .failed, .beingWritten: true
                default: false
                }
            }.map(\.entry)
        }

        /// Whether a value could not be restored, although no other program changed it.
        package var isIncomplete: Bool { !failures.isEmpty || !unfinished.isEmpty }

        /// Adds another report.
        package mutating func add(_ other: Report) {
            results += other.results
            failures += other.failures
        }
    }

    private let set: HierarchySet
    private let journal: UndoJournal
    private let files: any ControlFiles

    /// Creates a settlement for a host.
    ///
    /// `files` restores limits, while changes that stop processes are undone directly in the
    /// kernel.
    package init(set: HierarchySet, journal: UndoJournal, files: any ControlFiles) {
        self.set = set
        self.journal = journal
        self.files = files
    }

    /// Thaws the cgroups with these inodes, or with nil all that the daemon froze.
    ///
    /// The OOM killer is re-enabled first, because thawed processes would otherwise wait at their
    /// limit.
    package func relieve(frozen inodes: Set<UInt64>? = nil) -> Report {
        var report = Report()
        let state = try? journal.state()
        let entries = (state?.entries ?? []).filter(\.isDaemons)
        let paths = inodes.map { inodes in
            Set(entries.filter { inodes.contains($0.inode) && $0.isFreeze }.map(\.path))
        }
        for isWanted in [\JournalEntry.keepsFromKilling, \.isFreeze] {
            let isMeant = { (entry: JournalEntry) in
                entry[keyPath: isWanted] && (paths?.contains(entry.path) ?? true)
            }
            // Without matching entries, skip the restore: it waits for the journal's lock, which a
            // hung daemon may hold.
            if state?.damagedLines.isEmpty ?? false, !entries.contains(where: isMeant) { continue }
            // A damaged journal is restored as far as it is readable.
            report.add(
                restore(with: KernelControlFiles(), force: true, where: isMeant))
        }
        notifySystemd(of: report.results)
        return report
    }

    /// Undoes the changes that a new daemon cannot take over.
    ///
    /// These are the guards' changes, and moved processes with the cgroups created for them.
    package func settleGuards() -> Report {
        restore(with: files, where: { $0.isGuards || $0.subject != .value })
    }

    /// Undoes the daemon's changes that `isMeant` selects, by default all of them.
    package func settle(where isMeant: (JournalEntry) -> Bool = { _ in true }) -> Report {
        restore(with: files, where: isMeant)
    }

    /// Undoes commands' changes whose deadlines have passed; undoing the daemon's changes may have
    /// restored their values.
    package func settleOverdue() {
        _ = ExpiredChanges(set: set, journal: journal, files: files).undoOverdue()
    }

    /// Thaws the cgroups that still carry the mark of a freeze by the daemon.
    ///
    /// Normally the journal names all of them. This also finds a cgroup that is still frozen
    /// although its entry is gone.
    package func relieveMarked() -> MarkedThaw {
        Restorer(set: set, journal: journal, files: KernelControlFiles())
            .thawMarked(of: .daemon)
    }

    private func restore(
        with files: any ControlFiles, force: Bool = false, where isMeant: (JournalEntry) -> Bool
    ) -> Report {
        do throws(ActuationError) {
            let restorer = Restorer(set: set, journal: journal, files: files)
            return Report(
                results: try restorer.restore(owners: .daemon, force: force, where: isMeant))
        } catch {
            return Report(failures: [error])
        }
    }

    /// Notifies systemd of thawed units, because it still considers the units that it froze itself
    /// frozen.
    private func notifySystemd(of results: [RestoreResult]) {
        for result in results where result.entry.isFreeze && !result.isLeft {
            guard
                let index = set.hierarchies.firstIndex(where: {
                    $0.label == result.entry.hierarchy
                }),
                let directory = try? CgroupDirectory(result.entry.path, in: set.hierarchies[index]),
                directory.inode == result.entry.inode
            else { continue }
            files.systemd?.noteThawed(directory)
        }
    }
}

extension JournalEntry {
    /// Whether it prevents OOM kills at a v1 limit, or throttles at a guard's `memory.high` on v2.
    ///
    /// After the guard's end nothing watches that throttling for live-locks.
    fileprivate var keepsFromKilling: Bool {
        isOOMControl || cell.file == "memory.high" && isGuards
    }
}
