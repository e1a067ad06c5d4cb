internal import CgroupModel
package import Hierarchy
internal import KernelIO

/// Undoes one change: each of its values returns to what it was before that change.
package struct ChangeReverter {
    private let set: HierarchySet
    private let journal: UndoJournal
    private let files: any ControlFiles
    private let writer: UndoWriter

    /// Acts on a host's hierarchies; `pause` waits between retries.
    package init(
        set: HierarchySet, journal: UndoJournal, files: any ControlFiles = KernelControlFiles(),
        pause: @escaping @Sendable (Duration) -> Void = Pause.sleep
    ) {
        self.set = set
        self.journal = journal
        // As for any restore, whatever the policy allows now.
        self.files = files.ofKubelet
        writer = UndoWriter(set: set, journal: journal, files: self.files, pause: pause)
    }

    /// Undoes the change with a number; a dry run only looks.
    ///
    /// Values that a later change has set are left alone, as are those that other programs have
    /// set, unless forced. Entries that `isWanted` rejects are skipped. The result is empty if the
    /// change has no value in force.
    package func revert(
        _ number: UInt64, force: Bool = false, dryRun: Bool = false,
        where isWanted: (JournalEntry) -> Bool = { _ in true }
    ) throws(ActuationError) -> [RestoreResult] {
        let entries: [JournalEntry]
        do throws(JournalError) {
            entries = try journal.state().entries(ofChange: number).filter(isWanted)
        } catch {
            throw ActuationError(error)
        }
        guard !entries.isEmpty else { return [] }
        // It also refuses a damaged journal.
        let results = try Restorer(set: set, journal: journal, files: files).restore(
            inodes: Set(entries.map(\.inode)), force: force, dryRun: dryRun
        ) { $0.change == number && $0.earlier.isEmpty && isWanted($0) }
        return results
            + revert(
                entries.filter { !$0.earlier.isEmpty }, force: force, dryRun: dryRun)
    }

    /// Returns each value to the change below its entry's last one; the entry stays.
    func revert(
        _ entries: [JournalEntry], force: Bool = false, dryRun: Bool = false
    ) -> [RestoreResult] {
        var results: [RestoreResult] = []
        var targets: [UndoTarget] = []
        for entry in entries {
            guard let wanted = entry.ofLastChange else { continue }
            switch find(wanted, of: entry, force: force, dryRun: dryRun) {
            case .success(let target): targets.append(target)
            case .failure(let end): results.append(end.result)
            }
        }
        for target in targets.ordered(by: { $0.entry.restoreOrder(from: $0.found) }) {
            results.append(write(target, force: force, dryRun: dryRun))
        }
        return results
    }

    /// A result without a write.
    private struct End: Error {
        let result: RestoreResult
    }

    /// Returns what an entry refers to if its value may be written; `wanted` is the entry with the
    /// value to which its last change returns.
    private func find(
        _ wanted: JournalEntry, of entry: JournalEntry, force: Bool, dryRun: Bool
    ) -> Result<UndoTarget, End> {
        func end(_ outcome: RestoreResult.Outcome, _ found: String? = nil) -> Result<
            UndoTarget, End
        > {
            .failure(End(result: RestoreResult(entry: wanted, found: found, outcome: outcome)))
        }
        guard set.hierarchies.contains(where: { $0.label == wanted.hierarchy }) else {
            return end(.failed(Restorer.unseen(wanted)))
        }
        do throws(IOError) {
            guard let target = try UndoTarget(wanted, in: set, files, RenamedPlaces()) else {
                // An earlier move's cgroup may be gone while the process can still return.
                if try UndoTarget(entry, in: set, files, RenamedPlaces()) != nil {
                    return end(.failed(Self.cut(wanted)))
                }
                if !dryRun { try? journal.close([wanted], reason: "gone") }
                return end(.gone)
            }
            if let process = wanted.processAtWork {
                return end(.beingWritten(by: process), target.found)
            }
            guard
                force || wanted.isOurs(target.found) || wanted.isSame(target.found, wanted.original)
            else { return end(.foreign, target.found) }
            if !force, passes(wanted, dryRun: dryRun) { return end(.overridden, target.found) }
            if !force, let obstacle = target.obstacle(files) { return end(.failed(obstacle)) }
            return .success(target)
        } catch {
            return end(.failed(ActuationError(error, on: wanted.path, in: wanted.hierarchy)))
        }
    }

    /// Ends the change if a later owner's value is in force, which stays; returns whether it did, or
    /// would in a dry run.
    private func passes(_ entry: JournalEntry, dryRun: Bool) -> Bool {
        (try? journal.pass(entry, dryRun: dryRun) { $0.isInForce(in: set, files) }) ?? false
    }

    private static func cut(_ entry: JournalEntry) -> ActuationError {
        let place = JournalEntry.place(entry.original).map { "\($0)" } ?? "the cgroup below"
        return ActuationError(
            .notFound,
            "\(place), to which this change returns, is gone; cgwarden restore undoes the earlier "
                + "changes too")
    }

    /// Writes the value, then records that the change is undone.
    ///
    /// The entry keeps the original. A crash in between leaves a value that counts as ours.
    private func write(_ target: UndoTarget, force: Bool, dryRun: Bool) -> RestoreResult {
        func failed(_ error: ActuationError) -> RestoreResult {
            RestoreResult(entry: target.entry, found: target.found, outcome: .failed(error))
        }
        if dryRun {
            return RestoreResult(entry: target.entry, found: target.found, outcome: .restored)
        }
        let result: RestoreResult
        do throws(ActuationError) {
            result = try writer.write(target, force: force)
        } catch {
            return failed(error)
        }
        if case .gone = result.outcome { return result }
        do throws(JournalError) {
            try journal.append([target.entry.undone])
            return result
        } catch {
            return failed(ActuationError(error))
        }
    }
}
