package import Actuation
internal import CgroupModel
package import Hierarchy

/// Undoes the changes of a daemon that did not end in order, from the undo journal alone.
///
/// Only the daemon's own changes are undone, not those of a person's commands.
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
                case .failed(let error): "\(what): not restored: \(error)"
                case .gone: "\(what): gone"
                case .kept: "\(what): left alone, a command set it"
                case .restored, .already, .residue: "\(what): restored"
                }
            } + failures.map { "not restored: \($0)" }
        }

        /// The entries that could not be restored, although nobody else changed them.
        package var unfinished: [JournalEntry] {
            results.filter { if case .failed = $0.outcome { true } else { false } }.map(\.entry)
        }

        /// Whether a value that nobody else changed was not restored.
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

    /// Acts on a host.
    ///
    /// `files` restores limits, while changes that stop processes are undone directly in the
    /// kernel.
    package init(set: HierarchySet, journal: UndoJournal, files: any ControlFiles) {
        self.set = set
        self.journal = journal
        self.files = files
    }

    /// Thaws the cgroups with these inodes, or all of the daemon's.
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
            // The readable part of a damaged journal counts.
            report.add(
                restore(with: KernelControlFiles(), force: true, where: isMeant))
        }
        tellSystemd(of: report.results)
        return report
    }

    /// Undoes the changes that a new daemon cannot take over.
    ///
    /// These are the guards' changes, and moved processes with the cgroups created for them.
    package func settleGuards() -> Report {
        restore(with: files, where: { $0.isGuards || $0.subject != .value })
    }

    /// Undoes the daemon's changes, all or those that `isMeant` selects.
    package func settle(where isMeant: (JournalEntry) -> Bool = { _ in true }) -> Report {
        restore(with: files, where: isMeant)
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

    /// Notifies systemd, which still considers a unit frozen that it froze.
    private func tellSystemd(of results: [RestoreResult]) {
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
    /// Nobody watches that throttling for live-locks after the guard's end.
    fileprivate var keepsFromKilling: Bool {
        isOOMControl || cell.file == "memory.high" && isGuards
    }
}
