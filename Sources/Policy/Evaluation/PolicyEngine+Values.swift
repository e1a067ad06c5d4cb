import CgroupModel
import PolicyLanguage

/// The writes that make values what they are wanted to be.
extension PolicyEngine {
    private static let refusedAgain: UInt64 = 60_000_000_000

    /// Sets what a step of a rule wants, as far as no higher layer wants something else.
    mutating func set(
        _ wanted: [LimitAssignment], _ place: Int, _ row: Int, chain: UInt64, _ cause: Cause,
        _ action: RuleAction
    ) -> Effect.ID? {
        let origin = rules[place].origin
        let isDryRun = rules[place].isDryRun
        if wanted.isEmpty { veto(place, row, "set", "there is no value to start from") }
        var written: [LimitAssignment] = []
        for assignment in wanted {
            wish(place, row, assignment, cause)
            let value = holdings[row].place(of: assignment.key, isDryRun: isDryRun)
            guard let next = next(row, value), case .write(let outcome, _) = next else { continue }
            if outcome.wish.origin == origin {
                written.append(LimitAssignment(assignment.key, outcome.wish.value))
            } else {
                veto(
                    place, row, "set",
                    "superseded: \(outcome.wish.origin.text) wants \(assignment.key)")
            }
        }
        guard !written.isEmpty else { return nil }
        return write(
            written, origin, row, cause, chain: chain, isDryRun: isDryRun,
            continuesOnError: action.continuesOnError, isTogether: action.isTogether)
    }

    private enum Next {
        case write(ManagedValue.Outcome, isWidening: Bool)
        case restore
        case forget
    }

    /// What is to be done with a value now; nil for nothing.
    private mutating func next(_ row: Int, _ place: Int) -> Next? {
        let value = holdings[row].values[place]
        // A file that was missing may be there now: its controller was enabled.
        let isDue =
            now >= value.retryAt || value.isMissing && actual(value.key, row) != nil
        guard value.isDirty, value.inFlight == nil, isDue, !value.isYielded,
            holdings[row].hung == nil, !isGuarded(value.key, row)
        else { return nil }
        guard let outcome = value.outcome else {
            return value.applied == nil ? .forget : .restore
        }
        tellConflict(outcome, row, place)
        let standing = value.applied ?? actual(value.key, row)
        guard !outcome.isImpossible, standing != outcome.wish.value else {
            holdings[row].values[place].isDirty = false
            holdings[row].values[place].told = nil
            holdings[row].values[place].failure = nil
            return nil
        }
        let isWidening = standing.map { outcome.wish.value.isWider(than: $0) } ?? false
        return .write(outcome, isWidening: isWidening)
    }

    private mutating func tellConflict(
        _ outcome: ManagedValue.Outcome, _ row: Int, _ place: Int
    ) {
        let isConflict = !outcome.against.isEmpty
        defer { holdings[row].values[place].isConflictTold = isConflict }
        guard isConflict, !holdings[row].values[place].isConflictTold else { return }
        counts.conflicts += 1
        let key = holdings[row].values[place].key
        let others = outcome.against.map { "\($0.origin.text) wants \(key.text($0.value))" }
        record(
            .conflict, outcome.wish.origin, row, action: "set",
            note: outcome.isImpossible
                ? "\(key) stays, for nothing suits all: \(others.joined(separator: ", "))"
                : "\(key) becomes \(key.text(outcome.wish.value)): "
                    + others.joined(separator: ", "))
    }

    /// Writes what differs from what is wanted: first what gives more, outer cgroups before inner
    /// ones; then what takes away, inner ones before outer.
    mutating func reconcile(widening: Bool) {
        let positions = Array(rows.rowAt.indices)
        for position in widening ? positions : positions.reversed() {
            let row = rows.rowAt[position]
            guard holdings[row].values.contains(where: \.isDirty),
                let entry = input?.snapshot.cgroups[position]
            else { continue }
            reconcile(row, entry, widening: widening)
        }
    }

    mutating func reconcile(_ row: Int, _ entry: CgroupEntry, widening: Bool) {
        var restores: [[LimitKey]] = [[], []]
        var sets: [(wish: ManagedValue.Wish, place: Int, isRelief: Bool)] = []
        for place in holdings[row].values.indices {
            switch next(row, place) {
            case .forget, nil: break
            case .restore:
                let value = holdings[row].values[place]
                if widening { restores[value.isDryRun ? 1 : 0].append(value.key) }
            case .write(let outcome, let isWidening) where isWidening == widening:
                let isRelief = isWidening && holdings[row].values[place].applied != nil
                if isAllowed(outcome.wish, row, place, entry) {
                    sets.append((outcome.wish, place, isRelief))
                }
            case .write: break
            }
        }
        for isDryRun in [false, true] where !restores[isDryRun ? 1 : 0].isEmpty {
            restore(restores[isDryRun ? 1 : 0], row, entry, isDryRun: isDryRun)
        }
        writeGroups(sets, row)
        holdings[row].values.removeAll {
            $0.wishes.isEmpty && $0.applied == nil && $0.inFlight == nil
        }
    }

    private mutating func restore(
        _ keys: [LimitKey], _ row: Int, _ entry: CgroupEntry, isDryRun: Bool
    ) {
        guard facts.hold(on: entry) == nil else { return }
        let places = keys.compactMap { holdings[row].place(known: $0, isDryRun: isDryRun) }
        let writer = places.first.map { holdings[row].values[$0].writer } ?? .engine
        let id = emit(
            .restore(keys), writer, row, Cause("nothing wants it any more"), isUndo: true,
            isDryRun: isDryRun)
        for place in places { holdings[row].values[place].inFlight = id }
    }

    /// One effect for each origin.
    private mutating func writeGroups(
        _ sets: [(wish: ManagedValue.Wish, place: Int, isRelief: Bool)], _ row: Int
    ) {
        var rest = sets
        while let first = rest.first {
            let isDryRun = holdings[row].values[first.place].isDryRun
            let own = rest.filter {
                $0.wish.origin == first.wish.origin
                    && holdings[row].values[$0.place].isDryRun == isDryRun
            }
            rest.removeAll {
                $0.wish.origin == first.wish.origin
                    && holdings[row].values[$0.place].isDryRun == isDryRun
            }
            let group = own.enumerated().sorted { left, right in
                (left.element.wish.order, left.offset) < (right.element.wish.order, right.offset)
            }.map(\.element)
            let isRelief = group.allSatisfy(\.isRelief)
            // What someone else keeps changing is a matter of the machine's budget again.
            let isStanding =
                [.limits, .pools].contains(first.wish.layer)
                && group.allSatisfy { holdings[row].values[$0.place].reapplied.isEmpty }
            let need =
                isStanding ? BudgetLedger.Need(standing: 1) : BudgetLedger.Need(writes: 1)
            if !isRelief, !isDryRun,
                let item = budgets.spend(need, on: rows.cgroups[row].id, at: now)
            {
                budgetHits[item.rawValue] += 1
                for set in group { tell(row, set.place, set.wish.origin, "budget: \(item.text)") }
                continue
            }
            write(
                group.map { LimitAssignment(holdings[row].values[$0.place].key, $0.wish.value) },
                first.wish.origin, row, first.wish.cause, isUndo: isRelief, isDryRun: isDryRun,
                isTogether: isTogether(first.wish.origin))
        }
    }

    /// Whether the values of an origin are set together or not at all.
    private func isTogether(_ origin: Effect.Origin) -> Bool {
        switch origin {
        case .pool: true
        case .limits(_, let index): limits[index].limits.isTogether
        case .rule(let name):
            rules.first { $0.rule.name == name }?.rule.actions.contains(where: \.isTogether)
                ?? false
        default: false
        }
    }

    @discardableResult
    private mutating func write(
        _ assignments: [LimitAssignment], _ origin: Effect.Origin, _ row: Int, _ cause: Cause,
        chain: UInt64? = nil, isUndo: Bool = false, isDryRun: Bool, continuesOnError: Bool = false,
        isTogether: Bool
    ) -> Effect.ID {
        let id = emit(
            .set(assignments), origin, row, cause, chain: chain, isUndo: isUndo,
            isDryRun: isDryRun, continuesOnError: continuesOnError, isTogether: isTogether)
        for assignment in assignments {
            let place = holdings[row].place(of: assignment.key, isDryRun: isDryRun)
            if holdings[row].values[place].applied == nil {
                holdings[row].values[place].original = actual(assignment.key, row)
            }
            holdings[row].values[place].inFlight = id
            holdings[row].values[place].writer = origin
            holdings[row].values[place].told = nil
        }
        return id
    }

    /// Whether an operator and the protected set let a layer write; rules were asked before.
    private mutating func isAllowed(
        _ wish: ManagedValue.Wish, _ row: Int, _ place: Int, _ entry: CgroupEntry
    ) -> Bool {
        if let hold = facts.hold(on: entry) {
            tell(row, place, wish.origin, "held: \(hold)")
            return false
        }
        let value = holdings[row].values[place]
        let standing = value.applied ?? actual(value.key, row)
        guard let kind = value.key.disruption(from: standing, to: wish.value),
            let reason = facts.refusal(of: kind, on: entry)
        else { return true }
        tell(row, place, wish.origin, "protected: \(reason)")
        holdings[row].values[place].retryAt = now + Self.refusedAgain
        return false
    }

    /// Says once why a value is not written.
    private mutating func tell(
        _ row: Int, _ place: Int, _ origin: Effect.Origin, _ reason: String
    ) {
        guard holdings[row].values[place].told != reason else { return }
        holdings[row].values[place].told = reason
        record(
            .veto, origin, row, action: "set",
            note: "\(holdings[row].values[place].key): \(reason)",
            isDryRun: holdings[row].values[place].isDryRun)
    }
}
