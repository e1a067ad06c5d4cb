import CgroupModel
internal import KernelIO

/// Applies a plan completely or not at all.
///
/// Each value is recorded, written and read back. If one write fails, the earlier ones are rolled
/// back in reverse, through the same states.
package struct LimitTransaction {
    private let plan: LimitPlan
    private let context: ActingContext
    private let cause: String
    private let pause: @Sendable (Duration) -> Void

    /// The waiting times after EBUSY.
    private static let retries: [Duration] = [.seconds(1), .seconds(2), .seconds(4)]

    /// Prepares to apply a plan; `cause` is recorded in the journal.
    package init(
        _ plan: LimitPlan, in context: ActingContext, cause: String = "",
        pause: @escaping @Sendable (Duration) -> Void = Pause.sleep
    ) {
        self.plan = plan
        self.context = context
        self.cause = cause
        self.pause = pause
    }

    /// Applies the plan; the results are in the order of the writes.
    ///
    /// A failed write rolls back all earlier ones. With `cgroupsApart` it rolls back and skips only
    /// the writes to the same cgroup.
    package func apply(cgroupsApart: Bool = false) -> [LimitResult] {
        var results = plan.writes.map { LimitResult(write: $0, outcome: .skipped) }
        do throws(ActuationError) {
            try plan.checkProtection()
        } catch {
            if !results.isEmpty { results[0].outcome = .failed(error) }
            return results
        }
        let expiring = expiring
        var before: [Int: String] = [:]
        var failed: Set<CgroupPath> = []
        for group in groups {
            let path = plan.writes[group.indices.lowerBound].directory.path
            if failed.contains(path) { continue }
            do throws(ActuationError) {
                try perform(group, &results, &before)
            } catch {
                let first = group.indices.first {
                    if case .skipped = results[$0].outcome { true } else { false }
                }
                results[first ?? group.indices.lowerBound].outcome = .failed(error)
                guard cgroupsApart else {
                    undo(before, &results)
                    try? context.journal?.expireAgain(Array(expiring.values))
                    break
                }
                failed.insert(path)
                undo(before.filter { plan.writes[$0.key].directory.path == path }, &results)
                try? context.journal?.expireAgain(
                    expiring.filter { plan.writes[$0.key].directory.path == path }.map(\.value))
            }
        }
        return results
    }

    /// The values' earlier changes that expire, by write; if this change fails, they expire again.
    private var expiring: [Int: JournalEntry] {
        guard let journal = context.journal, journal.owner.isEmpty else { return [:] }
        var known: [Int: JournalEntry] = [:]
        for (index, write) in plan.writes.enumerated() {
            known[index] = journal.expiringEntry(of: write.cell, in: write.directory)
        }
        return known
    }

    /// Writes that are made together.
    private struct Group {
        var indices: Range<Int>
        /// The unit to change through systemd; nil for a single file.
        let unit: SystemdUnit?
    }

    /// Values that the same systemd unit keeps are set at once, because systemd sets all or none.
    private var groups: [Group] {
        var groups: [Group] = []
        for (index, write) in plan.writes.enumerated() {
            let isPlain = write.shrinks || !write.isReadable
            let unit =
                isPlain
                ? nil : context.files.systemd?.unit(keeping: write.cell.file, of: write.directory)
            if let unit, let last = groups.indices.last, groups[last].unit == unit {
                groups[last].indices = groups[last].indices.lowerBound..<index + 1
            } else {
                groups.append(Group(indices: index..<index + 1, unit: unit))
            }
        }
        return groups
    }

    /// A write whose original is recorded.
    private struct Begun {
        let index: Int
        let write: PlannedWrite
        let before: String
        let entry: JournalEntry?
    }

    /// Writes the values of a group, and remembers the previous values in `before`.
    private func perform(
        _ group: Group, _ results: inout [LimitResult], _ before: inout [Int: String]
    ) throws(ActuationError) {
        var begun: [Begun] = []
        do throws(ActuationError) {
            for index in group.indices {
                if let one = try begin(index, &results[index]) { begun.append(one) }
            }
            if !begun.isEmpty { try put(begun.map(\.write), on: group.unit) }
            for one in begun {
                results[one.index].readBack = try read(one.write.cell, of: one.write)
            }
        } catch {
            // A step toward a lower memory limit may have been taken.
            for one in begun.reversed() {
                results[one.index].readBack = nil
                takeBack(one.entry, one.write, one.before)
            }
            throw error
        }
        for one in begun {
            before[one.index] = one.before
            conclude(one, &results[one.index])
        }
    }

    /// Records the current value before a write; nil if it is already the requested one.
    private func begin(
        _ index: Int, _ result: inout LimitResult
    ) throws(ActuationError) -> Begun? {
        let write = plan.writes[index]
        let before = try read(write.cell, of: write)
        if write.isReadable, write.isNew(before) {
            result.outcome = .unchanged
            result.readBack = before
            try renew(write, before)
            return nil
        }
        guard try write.directory.reporting(write.directory.isCurrent) else {
            throw ActuationError(
                .notFound, "\(write.directory.path) was removed since this was planned; try again")
        }
        let entry = try record(write, before: before, wanted: write.rawNew)
        return Begun(index: index, write: write, before: before, entry: entry)
    }

    /// Applies this change's expiry to a value that an earlier command of the same owner has set.
    private func renew(_ write: PlannedWrite, _ before: String) throws(ActuationError) {
        guard let journal = context.journal,
            let known = journal.own(in: write.directory).first(where: { $0.cell == write.cell }),
            known.expiry != nil || journal.change != nil
        else { return }
        let entry = try record(write, before: before, wanted: write.rawNew)
        if let entry { try? journal.finish(entry, readBack: before) }
    }

    private func conclude(_ one: Begun, _ result: inout LimitResult) {
        let readBack = result.readBack ?? ""
        if let entry = one.entry { try? context.journal?.finish(entry, readBack: readBack) }
        if let cell = one.write.effective { result.effective = try? read(cell, of: one.write) }
        result.outcome = LimitResult.Outcome(
            one.write, before: one.before, readBack: readBack, effective: result.effective)
    }

    private func record(
        _ write: PlannedWrite, before: String, wanted: String
    ) throws(ActuationError) -> JournalEntry? {
        guard write.isReadable else { return nil }
        return try context.journal?.record(
            write.cell, of: write.directory, before, wanted: wanted, cause: cause)
    }

    /// Writes one value and retries on EBUSY, which v1 returns until it can reclaim enough memory.
    private func put(_ command: String, _ write: PlannedWrite) throws(ActuationError) {
        do throws(ActuationError) {
            try whileBusy { () throws(ActuationError) in
                try context.files.put(command, to: write.cell.file, of: write.directory)
            }
        } catch {
            throw belowUsage(error, command, write) ?? error
        }
    }

    /// Returns the error for a v1 limit below the usage that cannot be reclaimed; nil if `error`
    /// has another cause.
    private func belowUsage(
        _ error: ActuationError, _ command: String, _ write: PlannedWrite
    ) -> ActuationError? {
        let (file, end) = (write.cell.file, ".limit_in_bytes")
        guard error.errno == .busy, file.hasPrefix("memory."), file.hasSuffix(end),
            let limit = UInt64(command),
            let usage = try? write.directory.usage(
                file.replacing(end, with: ".usage_in_bytes"), context.files), usage > limit
        else { return nil }
        var result = ActuationError(
            .busy,
            "\(write.name) of \(write.directory.path): "
                + "\(LimitValue.number(usage).roundedByteText) in use; the kernel could not reclaim "
                + "enough to reach \(LimitValue.number(limit).byteText); free memory in it, or set "
                + "a higher limit")
        result.errno = error.errno
        return result
    }

    /// Writes a group through its unit, or each value to its file.
    private func put(
        _ writes: [PlannedWrite], on unit: SystemdUnit?
    ) throws(ActuationError) {
        if let unit, let systemd = context.files.systemd {
            return try whileBusy { () throws(ActuationError) in
                try systemd.write(writes.map { PlacedValue($0) }, on: unit)
            }
        }
        for write in writes {
            if write.shrinks {
                try MemoryShrinker(write: write, files: context.files, pause: pause).shrink()
            }
            try put(write.command, write)
        }
    }

    private func whileBusy(
        _ body: () throws(ActuationError) -> Void
    ) throws(ActuationError) {
        var waits = Self.retries[...]
        while true {
            do throws(ActuationError) {
                return try body()
            } catch {
                guard error.errno == .busy, let wait = waits.popFirst() else { throw error }
                pause(wait)
            }
        }
    }

    private func read(
        _ cell: ControlCell, of write: PlannedWrite
    ) throws(ActuationError) -> String {
        guard write.isReadable else { return "" }
        return cell.value(in: try context.files.read(cell.file, of: write.directory))
    }

    /// Writes the previous value again after a failed write, and records the resulting value.
    private func takeBack(_ entry: JournalEntry?, _ write: PlannedWrite, _ before: String) {
        guard write.isReadable else { return }
        if (try? read(write.cell, of: write)).map({ !write.coding.isSame($0, before) }) ?? true {
            try? context.files.write(
                write.cell.command(before), to: write.cell.file, of: write.directory)
        }
        context.recorded.note(entry, of: write.directory)
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
                if let entry { try? context.journal?.finish(entry, readBack: readBack) }
                results[index].readBack = readBack
                results[index].outcome = .rolledBack
            } catch {
                results[index].outcome = .notRolledBack(error)
            }
        }
    }
}
