internal import CgroupModel
internal import KernelIO

/// The end of writes that were refused, or whose transaction failed.
extension LimitTransaction {
    /// A write whose original is recorded.
    struct Begun {
        let index: Int
        let write: PlannedWrite
        let before: String
        let change: RecordedChange?
        /// Whether the value is right already, and only gets another expiry.
        var isRenewal = false
    }

    /// Restores the original after a refused write, or else records the value that is there now.
    func takeBack(_ one: Begun) {
        let write = one.write
        guard write.isReadable else { return }
        let now = try? read(write.cell, of: write)
        if now.map({ !write.coding.isSame($0, one.before) }) ?? true {
            try? context.files.write(
                write.cell.command(one.before), to: write.cell.file, of: write.directory)
        }
        context.recorded.withdraw(one.change, found: one.before, of: write.directory)
    }

    /// Undoes earlier writes after a refused one, in reverse.
    func undo(_ done: [Int: Begun], _ results: inout [LimitResult]) {
        for index in results.indices.reversed() {
            guard let one = done[index], one.write.isReadable else { continue }
            if one.isRenewal {
                withdraw(one.change, one, readBack: one.before)
                results[index].isRenewed = false
            } else {
                rollBack(one, &results[index])
            }
        }
    }

    /// Writes the value before a change again.
    private func rollBack(_ one: Begun, _ result: inout LimitResult) {
        let write = one.write
        var change = one.change
        if let change, let journal = context.journal, (try? journal.isOpen(change)) == false {
            // Another command has restored the original since.
            result.readBack = try? read(write.cell, of: write)
            result.outcome = .rolledBack
            return
        }
        do throws(ActuationError) {
            // With a record of its own, either value counts as ours if this program dies here.
            let again = try record(
                write, before: try read(write.cell, of: write), wanted: one.before)
            if let again {
                change = RecordedChange(entry: again.entry, replaced: one.change?.replaced)
            }
            try put(write.cell.command(one.before), write)
            let readBack = try read(write.cell, of: write)
            withdraw(change, one, readBack: readBack)
            result.readBack = readBack
            result.outcome = .rolledBack
        } catch {
            withdraw(change, one, readBack: nil)
            result.outcome = .notRolledBack(error)
        }
    }

    private func withdraw(_ change: RecordedChange?, _ one: Begun, readBack: String?) {
        guard let change else { return }
        try? context.journal?.withdraw(change, found: one.before, readBack: readBack)
    }
}
