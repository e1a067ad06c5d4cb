public import Actuation
internal import CgroupModel
public import Hierarchy

/// Undoes what a daemon left behind that did not end by itself, from the undo journal alone.
///
/// Only the daemon's own changes are touched: what a person set by a command stays.
public struct Settlement: Sendable {
    /// What became of it.
    public struct Report: Sendable {
        /// The values that were put back, or could not be.
        public var results: [RestoreResult] = []
        /// Why something was not even tried.
        public var failures: [ActuationError] = []

        /// One line each.
        public var lines: [String] {
            results.map { result in
                let what = "\(result.entry.path) \(result.entry.cell)"
                return switch result.outcome {
                case .foreign: "\(what): left alone, someone else changed it"
                case .failed(let error): "\(what): not restored: \(error)"
                case .gone: "\(what): gone"
                case .kept: "\(what): left alone, a command set it"
                case .restored, .already, .residue: "\(what): restored"
                }
            } + failures.map { "not restored: \($0)" }
        }

        /// The entries that could not be put back, although nobody else changed them.
        public var unfinished: [JournalEntry] {
            results.filter { if case .failed = $0.outcome { true } else { false } }.map(\.entry)
        }

        /// Whether something is not as it was, and nobody else changed it.
        public var isIncomplete: Bool { !failures.isEmpty || !unfinished.isEmpty }

        /// Adds another report.
        public mutating func add(_ other: Report) {
            results += other.results
            failures += other.failures
        }
    }

    private let set: HierarchySet
    private let journal: UndoJournal
    private let files: any ControlFiles

    /// Works on a machine; `files` are those that values are put back with, while what stops
    /// processes is written directly.
    public init(set: HierarchySet, journal: UndoJournal, files: any ControlFiles) {
        self.set = set
        self.journal = journal
        self.files = files
    }

    /// Lets cgroups go on, those of these inodes or all; the kernel may kill before they do, or
    /// they would wait at their limit.
    public func relieve(frozen inodes: Set<UInt64>? = nil) -> Report {
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
            // What is frozen does not wait for a lock that a daemon that hangs may hold.
            if state?.damagedLines.isEmpty ?? false, !entries.contains(where: isMeant) { continue }
            // A damaged journal is believed as far as it is legible.
            report.add(
                restore(with: KernelControlFiles(), force: true, where: isMeant))
        }
        tellSystemd(of: report.results)
        return report
    }

    /// Puts back what no daemon can take over: what guards changed, and processes that were moved
    /// with the cgroups that were made for them.
    public func settleGuards() -> Report {
        restore(with: files, where: { $0.isGuards || $0.subject != .value })
    }

    /// Puts back the daemon's changes, all or those that are meant.
    public func settle(where isMeant: (JournalEntry) -> Bool = { _ in true }) -> Report {
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

    /// A unit that systemd was asked to freeze is still frozen to it.
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
    /// Whether it keeps the kernel from killing at a limit, as a guard does on v1; on v2 it
    /// throttles there, and whoever watched that for live-locks is gone.
    fileprivate var keepsFromKilling: Bool {
        isOOMControl || cell.file == "memory.high" && isGuards
    }
}
