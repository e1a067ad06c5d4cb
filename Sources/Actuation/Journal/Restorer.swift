public import CgroupModel
public import Hierarchy
public import KernelIO

/// Puts back what the journal holds; done twice, the second time writes nothing.
public struct Restorer {
    private let set: HierarchySet
    private let journal: UndoJournal
    private let files: any ControlFiles
    private let pause: @Sendable (Duration) -> Void

    /// Works on a machine's hierarchies.
    public init(
        set: HierarchySet, journal: UndoJournal, files: any ControlFiles = KernelControlFiles(),
        pause: @escaping @Sendable (Duration) -> Void = Pause.sleep
    ) {
        self.set = set
        self.journal = journal
        self.files = files
        self.pause = pause
    }

    /// Puts back the values of a cgroup and those below it, or all; a dry run only looks.
    ///
    /// What someone else has changed since is left alone unless forced, and so is what is not
    /// wanted. Throws if there is no telling what the journal said.
    public func restore(
        _ path: CgroupPath? = nil, force: Bool = false, dryRun: Bool = false,
        where isWanted: (JournalEntry) -> Bool = { _ in true }
    ) throws(ActuationError) -> [RestoreResult] {
        let state: JournalState
        do throws(IOError) {
            state = try journal.state()
        } catch {
            throw ActuationError(
                error.isPermission ? .notPermitted : .failed, "\(error); is this run as root?")
        }
        guard !state.isFromEarlierBoot else {
            throw ActuationError(
                .refused,
                "the journal in \(journal.directory) is from before the machine started, and what "
                    + "it is about is gone; remove it")
        }
        guard state.damagedLines.isEmpty || force else {
            throw ActuationError(
                .refused,
                "the journal in \(journal.directory) is damaged in line "
                    + "\(state.damagedLines.map(String.init).joined(separator: ", ")), so that an "
                    + "original may be missing; nothing was written. `cgwarden journal` shows what "
                    + "is legible, --force restores that")
        }
        var waiting = Array(
            state.entries.filter { path.map($0.path.isWithin) ?? true && isWanted($0) }.reversed())
        var results: [RestoreResult] = []
        // The order is right for what the catalog knows. For the rest, what the kernel refuses
        // now it may take after the others; and a weight is only itself again after cpu.idle is.
        while true {
            let round = examine(waiting, force: force, dryRun: dryRun)
            let done = round.filter { !$0.isLeft }
            results += done
            waiting = round.filter(\.isLeft).map(\.entry)
            let hasWritten = done.contains(where: \.hasWritten)
            guard hasWritten, !dryRun, !waiting.isEmpty else {
                results += round.filter(\.isLeft)
                break
            }
        }
        if !dryRun { settle(results) }
        return results
    }

    private struct Pending {
        let entry: JournalEntry
        let directory: CgroupDirectory
        let found: String
    }

    /// Sorts out what is done, gone or foreign, and writes the rest in its order.
    private func examine(
        _ entries: [JournalEntry], force: Bool, dryRun: Bool
    ) -> [RestoreResult] {
        var results: [RestoreResult] = []
        var pending: [Pending] = []
        for entry in entries {
            func conclude(_ outcome: RestoreResult.Outcome, _ found: String? = nil) {
                results.append(RestoreResult(entry: entry, found: found, outcome: outcome))
            }
            do throws(IOError) {
                guard let (directory, text) = try look(entry) else {
                    conclude(.gone)
                    continue
                }
                if ControlCell.isSame(text, entry.original) {
                    conclude(.already, text)
                } else if force || entry.isOurs(text) {
                    pending.append(Pending(entry: entry, directory: directory, found: text))
                } else {
                    conclude(.foreign, text)
                }
            } catch {
                conclude(
                    .failed(
                        ActuationError(error, on: entry.path, in: entry.hierarchy)))
            }
        }
        for one in pending.ordered(by: { $0.entry.restoreOrder(from: $0.found) }) {
            do throws(ActuationError) {
                results.append(
                    dryRun
                        ? RestoreResult(entry: one.entry, found: one.found, outcome: .restored)
                        : try write(one))
            } catch {
                results.append(
                    RestoreResult(entry: one.entry, found: one.found, outcome: .failed(error)))
            }
        }
        return results
    }

    /// Nil if the cgroup or the file is gone, or another cgroup has taken the path.
    private func look(
        _ entry: JournalEntry
    ) throws(IOError) -> (directory: CgroupDirectory, text: String)? {
        guard let hierarchy = set.hierarchies.first(where: { $0.label == entry.hierarchy }) else {
            return nil
        }
        do throws(IOError) {
            let directory = try CgroupDirectory(entry.path, in: hierarchy)
            guard directory.inode == entry.inode else { return nil }
            let text = try files.text(entry.cell.file, of: directory)
            return (directory, entry.cell.value(in: text))
        } catch {
            if error.isGone { return nil }
            throw error
        }
    }

    private func write(_ one: Pending) throws(ActuationError) -> RestoreResult {
        let entry = one.entry
        var tries = 3
        while true {
            do throws(IOError) {
                try files.write(
                    entry.cell.command(entry.original), to: entry.cell.file, of: one.directory)
                return RestoreResult(entry: entry, found: one.found, outcome: .restored)
            } catch {
                if error.isGone {
                    return RestoreResult(entry: entry, found: one.found, outcome: .gone)
                }
                if error.isNoSpace, entry.original.isEmpty { return try writeParents(one) }
                tries -= 1
                guard error.isBusy, tries > 0 else {
                    throw ActuationError(error, on: one.directory)
                }
                pause(.seconds(1))
            }
        }
    }

    /// A cpuset with tasks cannot be emptied again; all that the parent has restricts least.
    private func writeParents(_ one: Pending) throws(ActuationError) -> RestoreResult {
        let name = one.entry.cell.file
        do throws(IOError) {
            guard let parent = one.directory.enclosing else {
                throw IOError("open", "the parent of \(one.entry.path)", code: 2)
            }
            let isUnified = one.directory.hierarchy.version == .unified
            let text = try files.text(isUnified ? "\(name).effective" : name, of: parent)
            try files.write(text, to: name, of: one.directory)
            return RestoreResult(entry: one.entry, found: one.found, outcome: .residue(text))
        } catch {
            throw ActuationError(error, on: one.directory)
        }
    }

    /// Takes what is done from the journal; an entry that stays there is only tried once more.
    private func settle(_ results: [RestoreResult]) {
        for result in results {
            switch result.outcome {
            case .restored: try? journal.close(result.entry, reason: "restored")
            case .already: try? journal.close(result.entry, reason: "already")
            case .gone: try? journal.close(result.entry, reason: "gone")
            case .residue: try? journal.close(result.entry, reason: "residue")
            case .foreign, .failed: break
            }
        }
        try? journal.compact()
    }
}

extension JournalEntry {
    /// Whether a value is what cgwarden wrote; after a crash in between it may be anything.
    func isOurs(_ text: String) -> Bool {
        guard let readBack else { return true }
        return ControlCell.isSame(text, readBack) || ControlCell.isSame(text, wanted)
    }

    /// Thawing first, then widening, then narrowing.
    func restoreOrder(from now: String) -> WriteOrder {
        if cell.file == "cgroup.freeze" || cell.file == "freezer.state" {
            return WriteOrder(direction: .widens, depth: -1, nesting: 0)
        }
        let direction: WriteDirection =
            cell.file == "memory.oom_control"
            ? .widens
            : WriteDirection(
                from: LimitCatalog.coding(ofFile: cell.file)?.value(now),
                to: LimitCatalog.coding(ofFile: cell.file)?.value(original))
        return WriteOrder(
            direction: direction, depth: path.depth,
            nesting: LimitCatalog.nesting(ofFile: cell.file))
    }
}

extension LimitCatalog {
    /// How the kernel writes a file's value, nil for a file that no row has.
    static func coding(ofFile name: String) -> LimitFile.Coding? {
        if name == "cpu.cfs_quota_us" { return .number(unlimited: "-1") }
        let files = all.flatMap { $0.v1 + $0.v2 }
        return files.first { $0.name == name }?.coding
    }
}
