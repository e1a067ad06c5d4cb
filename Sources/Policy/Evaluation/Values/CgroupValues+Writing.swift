import CgroupModel
import PolicyLanguage

/// Writes the requested values.
extension CgroupValues {
    private static let refusedAgain: UInt64 = 60_000_000_000

    /// The step of a rule, or of another layer, that writes values.
    struct Step {
        let origin: Effect.Origin
        let chain: UInt64
        let cause: Cause
        let isDryRun: Bool
        let continuesOnError: Bool
        let isTogether: Bool
    }

    /// Sets the values of a rule's step, except those that a higher request overrides.
    ///
    /// The effect is nil if nothing is written; `vetoes` counts the values that a higher request
    /// overrides.
    mutating func set(
        _ requests: [(key: LimitKey, request: ManagedValue.Request)], _ step: Step, _ row: Row,
        _ sight: Sight, isHung: Bool, _ outbox: inout Outbox, _ trail: inout AuditTrail
    ) -> (effect: Effect.ID?, vetoes: UInt64) {
        var written: [LimitAssignment] = []
        var vetoes: UInt64 = 0
        for (key, wanted) in requests {
            request(wanted, of: key, isDryRun: step.isDryRun)
            let slot = slot(of: key, isDryRun: step.isDryRun)
            guard let next = next(row, slot, sight, isHung: isHung, &trail),
                case .write(let outcome, _) = next
            else { continue }
            if outcome.request.origin == step.origin {
                written.append(LimitAssignment(key, outcome.request.value))
                continue
            }
            vetoes += 1
            trail.record(
                .veto, step.origin, sight.target(row), action: "set",
                note: "superseded: \(outcome.request.origin.text) requests \(key)",
                isDryRun: step.isDryRun)
        }
        guard !written.isEmpty else { return (nil, vetoes) }
        return (write(written, step, isUndo: false, row, sight, &outbox, &trail), vetoes)
    }

    private enum Next {
        case write(ManagedValue.Outcome, isWidening: Bool)
        case restore
        case forget
    }

    /// Returns what must be done with a value now; nil if nothing.
    private mutating func next(
        _ row: Row, _ slot: ValueSlot, _ sight: Sight, isHung: Bool, _ trail: inout AuditTrail
    ) -> Next? {
        let value = slots[slot]
        // A missing file may have appeared, because its controller was enabled.
        let isDue =
            sight.now >= value.retryAt
            || value.isMissing && sight.actual(value.key, row) != nil
        guard value.isDirty, value.inFlight == nil, isDue, !value.isYielded, !isHung,
            !sight.isGuarded(value.key, row)
        else { return nil }
        guard let outcome = value.outcome else {
            return value.applied == nil ? .forget : .restore
        }
        tellConflict(outcome, row, slot, sight, &trail)
        let standing = value.applied ?? sight.actual(value.key, row)
        guard !outcome.isImpossible, standing != outcome.request.value else {
            slots[slot].isDirty = false
            slots[slot].told = nil
            slots[slot].failure = nil
            return nil
        }
        let isWidening = standing.map { outcome.request.value.isWider(than: $0) } ?? false
        return .write(outcome, isWidening: isWidening)
    }

    private mutating func tellConflict(
        _ outcome: ManagedValue.Outcome, _ row: Row, _ slot: ValueSlot, _ sight: Sight,
        _ trail: inout AuditTrail
    ) {
        let isConflict = !outcome.against.isEmpty
        defer { slots[slot].isConflictTold = isConflict }
        guard isConflict, !slots[slot].isConflictTold else { return }
        let key = slots[slot].key
        let others = outcome.against.map { "\($0.origin.text) requests \(key.text($0.value))" }
        trail.record(
            .conflict, outcome.request.origin, sight.target(row), action: "set",
            note: outcome.isImpossible
                ? "\(key) left unchanged: conflicting requests: \(others.joined(separator: ", "))"
                : "\(key) becomes \(key.text(outcome.request.value)): "
                    + others.joined(separator: ", "))
    }

    /// Writes the values that differ from their requests: those that widen, or all others.
    mutating func reconcile(
        _ row: Row, _ entry: CgroupEntry, widening: Bool, _ sight: Sight, _ gate: inout Gate,
        _ outbox: inout Outbox, _ trail: inout AuditTrail
    ) {
        var restores: [[LimitKey]] = [[], []]
        var sets: [PendingWrite] = []
        for slot in slots.indices {
            switch next(row, slot, sight, isHung: gate.isHung(row), &trail) {
            case .forget, nil: break
            case .restore:
                let value = slots[slot]
                if widening { restores[value.isDryRun ? 1 : 0].append(value.key) }
            case .write(let outcome, let isWidening) where isWidening == widening:
                let isRelief = isWidening && slots[slot].applied != nil
                if isAllowed(outcome.request, row, slot, entry, sight, gate, &trail) {
                    sets.append(
                        PendingWrite(request: outcome.request, slot: slot, isRelief: isRelief))
                }
            case .write: break
            }
        }
        for isDryRun in [false, true] where !restores[isDryRun ? 1 : 0].isEmpty {
            let refusal = gate.refusal(
                Gate.Request(), row, entry, sight.facts, at: sight.now)
            guard refusal == nil else { continue }
            restore(restores[isDryRun ? 1 : 0], row, isDryRun: isDryRun, sight, &outbox, &trail)
        }
        writeGroups(sets, row, sight, &gate, &outbox, &trail)
        slots.removeAll { $0.requests.isEmpty && $0.applied == nil && $0.inFlight == nil }
    }

    private mutating func restore(
        _ keys: [LimitKey], _ row: Row, isDryRun: Bool, _ sight: Sight, _ outbox: inout Outbox,
        _ trail: inout AuditTrail
    ) {
        let restored = keys.compactMap { knownSlot(of: $0, isDryRun: isDryRun) }
        let writer = restored.first.map { slots[$0].writer } ?? .engine
        let id = outbox.send(
            .restore(keys), writer, row, sight.target(row), Cause("no longer requested"),
            isUndo: true, isDryRun: isDryRun, &trail)
        for slot in restored { slots[slot].inFlight = id }
    }

    private struct PendingWrite {
        let request: ManagedValue.Request
        let slot: ValueSlot
        let isRelief: Bool
    }

    /// Sends one effect for each origin.
    private mutating func writeGroups(
        _ sets: [PendingWrite], _ row: Row, _ sight: Sight, _ gate: inout Gate,
        _ outbox: inout Outbox, _ trail: inout AuditTrail
    ) {
        var rest = sets
        while let first = rest.first {
            let origin = first.request.origin
            let isDryRun = slots[first.slot].isDryRun
            let own = rest.filter {
                $0.request.origin == origin && slots[$0.slot].isDryRun == isDryRun
            }
            rest.removeAll {
                $0.request.origin == origin && slots[$0.slot].isDryRun == isDryRun
            }
            let group = own.enumerated().sorted { left, right in
                (left.element.request.order, left.offset)
                    < (right.element.request.order, right.offset)
            }.map(\.element)
            let isRelief = group.allSatisfy(\.isRelief)
            // Writing a value again after drift also counts against the host's budget.
            let isStanding =
                [.limits, .pools].contains(first.request.layer)
                && group.allSatisfy { slots[$0.slot].reapplied.isEmpty }
            let need =
                isStanding ? BudgetLedger.Need(standing: 1) : BudgetLedger.Need(writes: 1)
            if !isRelief, !isDryRun,
                let refusal = gate.spend(need, on: sight.target(row).cgroup, at: sight.now)
            {
                for set in group { tell(row, set.slot, origin, refusal.text, sight, &trail) }
                continue
            }
            let step = Step(
                origin: origin, chain: outbox.newChain(), cause: first.request.cause,
                isDryRun: isDryRun, continuesOnError: false,
                isTogether: first.request.isTogether)
            write(
                group.map { LimitAssignment(slots[$0.slot].key, $0.request.value) }, step,
                isUndo: isRelief, row, sight, &outbox, &trail)
        }
    }

    @discardableResult
    private mutating func write(
        _ assignments: [LimitAssignment], _ step: Step, isUndo: Bool, _ row: Row, _ sight: Sight,
        _ outbox: inout Outbox, _ trail: inout AuditTrail
    ) -> Effect.ID {
        let id = outbox.send(
            .set(assignments), step.origin, row, sight.target(row), step.cause, chain: step.chain,
            isUndo: isUndo, isDryRun: step.isDryRun, continuesOnError: step.continuesOnError,
            isTogether: step.isTogether, &trail)
        for assignment in assignments {
            let slot = slot(of: assignment.key, isDryRun: step.isDryRun)
            if slots[slot].applied == nil {
                slots[slot].original = sight.actual(assignment.key, row)
            }
            slots[slot].inFlight = id
            slots[slot].writer = step.origin
            slots[slot].told = nil
        }
        return id
    }

    /// Whether holds and the protected set allow a layer to write; a rule is checked when it fires.
    private mutating func isAllowed(
        _ request: ManagedValue.Request, _ row: Row, _ slot: ValueSlot, _ entry: CgroupEntry,
        _ sight: Sight, _ gate: Gate, _ trail: inout AuditTrail
    ) -> Bool {
        let value = slots[slot]
        let standing = value.applied ?? sight.actual(value.key, row)
        let disruption = value.key.disruption(from: standing, to: request.value)
        let asked = Gate.Request(actions: disruption.map { [$0] } ?? [])
        guard let refusal = gate.refusal(asked, row, entry, sight.facts, at: sight.now) else {
            return true
        }
        tell(row, slot, request.origin, refusal.text, sight, &trail)
        if case .protected = refusal {
            slots[slot].retryAt = sight.now + Self.refusedAgain
        }
        return false
    }

    /// Records once why a value is not written.
    private mutating func tell(
        _ row: Row, _ slot: ValueSlot, _ origin: Effect.Origin, _ reason: String, _ sight: Sight,
        _ trail: inout AuditTrail
    ) {
        guard slots[slot].told != reason else { return }
        slots[slot].told = reason
        trail.record(
            .veto, origin, sight.target(row), action: "set",
            note: "\(slots[slot].key): \(reason)", isDryRun: slots[slot].isDryRun)
    }
}
