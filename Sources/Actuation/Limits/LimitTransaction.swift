import CgroupModel
internal import KernelIO

/// Applies a plan completely or not at all.
///
/// Each value is recorded, written and read back. If one write fails, the earlier ones are rolled
/// back in reverse, through the same states.
package struct LimitTransaction {
    private let plan: LimitPlan
    let context: ActingContext
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
        var done: [Int: Begun] = [:]
        var failed: Set<CgroupPath> = []
        for group in groups {
            let path = plan.writes[group.indices.lowerBound].directory.path
            if failed.contains(path) { continue }
            do throws(ActuationError) {
                try perform(group, &results, &done)
            } catch {
                let first = group.indices.first {
                    if case .skipped = results[$0].outcome { true } else { false }
                }
                results[first ?? group.indices.lowerBound].outcome = .failed(error)
                guard cgroupsApart else {
                    undo(done, &results)
                    break
                }
                failed.insert(path)
                undo(done.filter { $0.value.write.directory.path == path }, &results)
            }
        }
        return results
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

    /// Writes the values of a group, and remembers the writes in `done`.
    private func perform(
        _ group: Group, _ results: inout [LimitResult], _ done: inout [Int: Begun]
    ) throws(ActuationError) {
        var begun: [Begun] = []
        do throws(ActuationError) {
            for index in group.indices {
                guard let one = try begin(index, &results[index]) else { continue }
                if one.isRenewal { done[index] = one } else { begun.append(one) }
            }
            if !begun.isEmpty { try put(begun.map(\.write), on: group.unit) }
            for one in begun {
                results[one.index].readBack = try read(one.write.cell, of: one.write)
            }
        } catch {
            // A step toward a lower memory limit may have been taken.
            for one in begun.reversed() {
                results[one.index].readBack = nil
                takeBack(one)
            }
            throw error
        }
        for one in begun {
            done[one.index] = one
            conclude(one, &results[one.index])
        }
    }

    /// Records the current value; nil if it is the requested one already and its expiry stays.
    private func begin(
        _ index: Int, _ result: inout LimitResult
    ) throws(ActuationError) -> Begun? {
        let write = plan.writes[index]
        let before = try read(write.cell, of: write)
        if write.isReadable, write.isNew(before) {
            result.outcome = .unchanged
            result.readBack = before
            let renewal = try renew(index, before)
            if let change = renewal?.change, change.replaced != nil {
                result.isRenewed = change.entry.expiry != nil
            }
            return renewal
        }
        guard try write.directory.reporting(write.directory.isCurrent) else {
            throw ActuationError(
                .notFound, "\(write.directory.path) was removed since this was planned; try again")
        }
        let change = try record(write, before: before, wanted: write.rawNew)
        return Begun(index: index, write: write, before: before, change: change)
    }

    /// Gives a value that an earlier command of the same owner has set the expiry of this change;
    /// nil if none has set it, because then nothing must undo it.
    private func renew(_ index: Int, _ before: String) throws(ActuationError) -> Begun? {
        let write = plan.writes[index]
        guard let journal = context.journal,
            let known = journal.entry(setting: write.cell, to: before, in: write.directory),
            known.expiry != nil || journal.change != nil
        else { return nil }
        let change = try journal.recordRenewal(
            write.cell, of: write.directory, before, cause: cause)
        try? journal.finish(change.entry, readBack: before)
        return Begun(index: index, write: write, before: before, change: change, isRenewal: true)
    }

    private func conclude(_ one: Begun, _ result: inout LimitResult) {
        let readBack = result.readBack ?? ""
        if let entry = one.change?.entry {
            try? context.journal?.finish(entry, readBack: readBack)
        }
        if let cell = one.write.effective { result.effective = try? read(cell, of: one.write) }
        result.outcome = LimitResult.Outcome(
            one.write, before: one.before, readBack: readBack, effective: result.effective)
    }

    func record(
        _ write: PlannedWrite, before: String, wanted: String
    ) throws(ActuationError) -> RecordedChange? {
        guard write.isReadable else { return nil }
        return try context.journal?.recordChange(
            write.cell, of: write.directory, before, wanted: wanted, cause: cause)
    }

    /// Writes one value and retries on EBUSY, which v1 returns until it can reclaim enough memory.
    func put(_ command: String, _ write: PlannedWrite) throws(ActuationError) {
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

    func read(
        _ cell: ControlCell, of write: PlannedWrite
    ) throws(ActuationError) -> String {
        guard write.isReadable else { return "" }
        return cell.value(in: try context.files.read(cell.file, of: write.directory))
    }
}
