import CgroupModel
public import KernelIO

/// Writes a plan, all of it or nothing: each value is put on record, written and read back; if one
/// fails, those before it are put back in reverse, through the same states.
public struct LimitTransaction {
    private let plan: LimitPlan
    private let journal: UndoJournal?
    private let files: any ControlFiles
    private let cause: String
    private let pause: @Sendable (Duration) -> Void

    /// Waiting times after EBUSY.
    private static let retries: [Duration] = [.seconds(1), .seconds(2), .seconds(4)]

    /// Prepares the writing; `cause` is what the journal says about who wanted it.
    public init(
        _ plan: LimitPlan, journal: UndoJournal?, files: any ControlFiles = KernelControlFiles(),
        cause: String = "", pause: @escaping @Sendable (Duration) -> Void = Pause.sleep
    ) {
        self.plan = plan
        self.journal = journal
        self.files = files
        self.cause = cause
        self.pause = pause
    }

    /// Does it; the results are in the order of the writes.
    public func apply() -> [LimitResult] {
        var results = plan.writes.map { LimitResult(write: $0, outcome: .skipped) }
        do throws(ActuationError) {
            try plan.checkProtection()
        } catch {
            if !results.isEmpty { results[0].outcome = .failed(error) }
            return results
        }
        var before: [Int: String] = [:]
        for index in results.indices {
            do throws(ActuationError) {
                before[index] = try perform(plan.writes[index], &results[index])
            } catch {
                results[index].outcome = .failed(error)
                undo(before, &results)
                break
            }
        }
        return results
    }

    /// Writes one value; returns what was there, nil if nothing had to be written.
    private func perform(
        _ write: PlannedWrite, _ result: inout LimitResult
    ) throws(ActuationError) -> String? {
        let before = try read(write.cell, of: write)
        if write.isReadable, ControlCell.isSame(before, write.new) {
            result.outcome = .unchanged
            result.readBack = before
            return nil
        }
        guard write.directory.isCurrent else {
            throw ActuationError(
                .notFound, "\(write.directory.path) was removed since this was planned; look again")
        }
        let entry = try record(write, before: before, wanted: write.new)
        let readBack: String
        do throws(ActuationError) {
            if write.shrinks {
                try MemoryShrinker(write: write, files: files, pause: pause).shrink()
            }
            try put(write.command, write)
            readBack = try read(write.cell, of: write)
        } catch {
            // A step on the way down may have been taken.
            takeBack(entry, write, before)
            throw error
        }
        if let entry { try? journal?.finish(entry, readBack: readBack) }
        if let cell = write.effective { result.effective = try? read(cell, of: write) }
        result.readBack = readBack
        result.outcome = LimitResult.Outcome(
            write, before: before, readBack: readBack, effective: result.effective)
        return before
    }

    private func record(
        _ write: PlannedWrite, before: String, wanted: String
    ) throws(ActuationError) -> JournalEntry? {
        guard write.isReadable else { return nil }
        return try journal?.record(
            write.cell, of: write.directory, before, wanted: wanted, cause: cause)
    }

    /// Writes, again after EBUSY, which v1 answers until enough memory could be reclaimed.
    private func put(_ command: String, _ write: PlannedWrite) throws(ActuationError) {
        var waits = Self.retries[...]
        while true {
            do throws(IOError) {
                return try files.write(command, to: write.cell.file, of: write.directory)
            } catch {
                if error.isBusy, let wait = waits.popFirst() {
                    pause(wait)
                    continue
                }
                throw ActuationError(error, on: write.directory)
            }
        }
    }

    private func read(
        _ cell: ControlCell, of write: PlannedWrite
    ) throws(ActuationError) -> String {
        guard write.isReadable else { return "" }
        do throws(IOError) {
            return cell.value(in: try files.text(cell.file, of: write.directory))
        } catch {
            throw ActuationError(error, on: write.directory)
        }
    }

    /// After a refused write: the original comes back, or whatever is there now goes on record.
    private func takeBack(_ entry: JournalEntry?, _ write: PlannedWrite, _ before: String) {
        guard write.isReadable else { return }
        if (try? read(write.cell, of: write)).map({ !ControlCell.isSame($0, before) }) ?? true {
            try? files.write(
                write.cell.command(before), to: write.cell.file, of: write.directory)
        }
        JournaledWrite(files: files, journal: journal).note(entry, of: write.directory)
    }

    private func undo(_ before: [Int: String], _ results: inout [LimitResult]) {
        for index in results.indices.reversed() {
            guard let original = before[index] else { continue }
            let write = results[index].write
            guard write.isReadable else { continue }
            do throws(ActuationError) {
                let entry = try record(
                    write, before: try read(write.cell, of: write), wanted: original)
                try put(write.cell.command(original), write)
                let readBack = try read(write.cell, of: write)
                if let entry { try? journal?.finish(entry, readBack: readBack) }
                results[index].readBack = readBack
                results[index].outcome = .rolledBack
            } catch {
                results[index].outcome = .notRolledBack(error)
            }
        }
    }
}
