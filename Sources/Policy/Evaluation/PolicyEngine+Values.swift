import CgroupModel

/// What values are to be, and the writes that make them so.
extension PolicyEngine {
    private static let refusedAgain: UInt64 = 60_000_000_000

    // MARK: Wishes

    /// Adds a wish, or replaces that of the same origin.
    mutating func wish(_ row: Int, _ key: LimitKey, _ wish: ManagedValue.Wish, isDryRun: Bool) {
        let place = holdings[row].place(of: key, isDryRun: isDryRun)
        holdings[row].values[place].wishes.removeAll { $0.origin == wish.origin }
        holdings[row].values[place].wishes.append(wish)
        holdings[row].values[place].isDirty = true
    }

    /// Adds what a rule wants.
    mutating func wish(_ place: Int, _ row: Int, _ assignment: LimitAssignment, _ cause: Cause) {
        wish(
            row, assignment.key,
            ManagedValue.Wish(
                layer: .rules, priority: rules[place].rule.priority, origin: rules[place].origin,
                value: assignment.value, cause: cause), isDryRun: rules[place].isDryRun)
    }

    /// Drops the wishes of an origin.
    mutating func unwish(_ row: Int, _ isDropped: (Effect.Origin) -> Bool) {
        for place in holdings[row].values.indices {
            let count = holdings[row].values[place].wishes.count
            holdings[row].values[place].wishes.removeAll { isDropped($0.origin) }
            if holdings[row].values[place].wishes.count != count {
                holdings[row].values[place].isDirty = true
            }
        }
    }

    /// Drops the wishes of an origin everywhere.
    mutating func dropWishes(_ isDropped: (Effect.Origin) -> Bool) {
        for row in holdings.indices where !holdings[row].values.isEmpty {
            unwish(row, isDropped)
        }
    }

    /// What a value is now, as far as is known: what was written last, or what the snapshot shows.
    func current(_ key: LimitKey, _ row: Int, isDryRun: Bool = false) -> LimitValue? {
        if let place = holdings[row].place(known: key, isDryRun: isDryRun),
            let applied = holdings[row].values[place].applied
        {
            return applied
        }
        return actual(key, row)
    }

    /// What the snapshot shows of a value.
    func actual(_ key: LimitKey, _ row: Int) -> LimitValue? {
        guard let position = rows.position(row), let snapshot = input?.snapshot,
            position < snapshot.cgroups.count
        else { return nil }
        return LimitMetrics.value(key, snapshot, position) { facts.device(named: $0) }
    }

    /// What a step of a rule would set.
    func assignments(_ place: Int, _ row: Int, _ index: Int) -> [LimitAssignment] {
        switch rules[place].rule.actions[index].kind {
        case .set(let settings): return settings.flatMap { assignments($0) }
        case .pin(let cpus, let mems): return Self.pin(cpus, mems)
        case .scale(let scaling):
            return scaled(scaling, place, row, index).map { [LimitAssignment(scaling.key, $0)] }
                ?? []
        default: return []
        }
    }

    private func assignments(_ setting: Setting) -> [LimitAssignment] {
        switch setting {
        case .limit(let key, let value): return [LimitAssignment(key, value)]
        case .pool(let name):
            guard let lists = sources.lazy.compactMap({ $0.lists(ofPool: name) }).first else {
                return []
            }
            return Self.pin(lists.cpus, lists.mems)
        }
    }

    private static func pin(_ cpus: RangeList?, _ mems: RangeList?) -> [LimitAssignment] {
        [("cpuset.cpus", cpus), ("cpuset.mems", mems)].compactMap { name, list in
            list.map { LimitAssignment(LimitKey(name), .text($0.description)) }
        }
    }

    /// The new value of a scaling, nil if there is nothing to multiply.
    ///
    /// Shrinking never gives more than there is, and growing never less.
    private func scaled(
        _ scaling: Scaling, _ place: Int, _ row: Int, _ index: Int
    ) -> LimitValue? {
        let current = current(scaling.key, row, isDryRun: rules[place].isDryRun)
        let base: Double
        switch scaling.base {
        case .current:
            guard let number = current?.number else { return nil }
            base = Double(number)
        case .usage:
            guard let program = rules[place].usages[index] else { return nil }
            base = measurements.number(program, row: row)
        }
        guard !base.isNaN, base >= 0 else { return nil }
        var value = base * scaling.factor
        if let most = scaling.most?.number { value = min(value, Double(most)) }
        if let least = scaling.least?.number { value = max(value, Double(least)) }
        if let current = current?.number {
            value = scaling.factor < 1 ? min(value, Double(current)) : max(value, Double(current))
        } else if scaling.factor >= 1, current == .unlimited {
            return nil
        }
        return .number(UInt64(min(value, 9e18)))
    }

    /// Multiplies what an origin wants, and says whether anything of it is left.
    ///
    /// A value that passes what stands below it is given up.
    mutating func widen(
        _ row: Int, _ origin: Effect.Origin, by factor: Double, bound: Double?, _ cause: Cause
    ) -> Bool {
        var isLeft = false
        for place in holdings[row].values.indices {
            guard
                let index = holdings[row].values[place].wishes.firstIndex(where: {
                    $0.origin == origin
                }), let number = holdings[row].values[place].wishes[index].value.number
            else { continue }
            let value = holdings[row].values[place]
            let below = value.value(without: origin)
            let most = below?.number.map { Double($0) } ?? self.most(value.key, bound)
            let wider = Double(number) * factor
            holdings[row].values[place].isDirty = true
            if let most, wider < most, factor > 1 {
                holdings[row].values[place].wishes[index].value = .number(UInt64(wider))
                holdings[row].values[place].wishes[index].cause = cause
                isLeft = true
            } else {
                holdings[row].values[place].wishes.remove(at: index)
            }
        }
        return isLeft
    }

    /// Beyond which a limit is as good as none.
    private func most(_ key: LimitKey, _ usage: Double?) -> Double? {
        if let usage { return usage }
        guard let host = input?.snapshot.host else { return nil }
        switch key.limit?.grammar {
        case .cpus: return Double(host.cpuCount) * 1e6
        case .bytes: return host.memoryTotal.value.map { Double($0) }
        default: return nil
        }
    }

    /// Sets what a step of a rule wants, as far as no higher layer wants something else.
    mutating func set(
        _ wanted: [LimitAssignment], _ place: Int, _ row: Int, chain: UInt64, _ cause: Cause,
        continuesOnError: Bool
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
            continuesOnError: continuesOnError)
    }

    // MARK: Writes

    private enum Next {
        case write(ManagedValue.Outcome, isWidening: Bool)
        case restore
        case forget
    }

    /// What is to be done with a value now; nil for nothing.
    private mutating func next(_ row: Int, _ place: Int) -> Next? {
        let value = holdings[row].values[place]
        guard value.isDirty, value.inFlight == nil, now >= value.retryAt, !value.isYielded,
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
            return nil
        }
        let isWidening = standing.map { outcome.wish.value.isWider(than: $0) } ?? false
        return .write(outcome, isWidening: isWidening)
    }

    /// Whether an OOM guard has taken a value over.
    func isGuarded(_ key: LimitKey, _ row: Int) -> Bool {
        input?.guarded[rows.cgroups[row].id]?.values.contains(key) ?? false
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
            guard holdings[row].values.contains(where: \.isDirty) else { continue }
            reconcile(row, position, widening: widening)
        }
    }

    private mutating func reconcile(_ row: Int, _ position: Int, widening: Bool) {
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
                if isAllowed(outcome.wish, row, place, position) {
                    sets.append((outcome.wish, place, isRelief))
                }
            case .write: break
            }
        }
        for isDryRun in [false, true] where !restores[isDryRun ? 1 : 0].isEmpty {
            restore(restores[isDryRun ? 1 : 0], row, position, isDryRun: isDryRun)
        }
        writeGroups(sets, row)
        holdings[row].values.removeAll {
            $0.wishes.isEmpty && $0.applied == nil && $0.inFlight == nil
        }
    }

    private mutating func restore(
        _ keys: [LimitKey], _ row: Int, _ position: Int, isDryRun: Bool
    ) {
        guard let entry = input?.snapshot.cgroups[position], facts.hold(on: entry) == nil else {
            return
        }
        let places = keys.compactMap { holdings[row].place(known: $0, isDryRun: isDryRun) }
        let writer = places.first.map { holdings[row].values[$0].writer } ?? .engine
        let id = emit(
            .restore(keys), writer, row, Cause("nothing wants it any more"), isUndo: true,
            isDryRun: isDryRun)
        for place in places { holdings[row].values[place].inFlight = id }
    }

    /// One effect for each origin, all or none of its values.
    private mutating func writeGroups(
        _ sets: [(wish: ManagedValue.Wish, place: Int, isRelief: Bool)], _ row: Int
    ) {
        var rest = sets
        while let first = rest.first {
            let isDryRun = holdings[row].values[first.place].isDryRun
            let group = rest.filter {
                $0.wish.origin == first.wish.origin
                    && holdings[row].values[$0.place].isDryRun == isDryRun
            }
            rest.removeAll {
                $0.wish.origin == first.wish.origin
                    && holdings[row].values[$0.place].isDryRun == isDryRun
            }
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
                first.wish.origin, row, first.wish.cause, isUndo: isRelief, isDryRun: isDryRun)
        }
    }

    @discardableResult
    private mutating func write(
        _ assignments: [LimitAssignment], _ origin: Effect.Origin, _ row: Int, _ cause: Cause,
        chain: UInt64? = nil, isUndo: Bool = false, isDryRun: Bool, continuesOnError: Bool = false
    ) -> Effect.ID {
        let id = emit(
            .set(assignments), origin, row, cause, chain: chain, isUndo: isUndo,
            isDryRun: isDryRun, continuesOnError: continuesOnError)
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
        _ wish: ManagedValue.Wish, _ row: Int, _ place: Int, _ position: Int
    ) -> Bool {
        guard let entry = input?.snapshot.cgroups[position] else { return false }
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

extension Effect.Origin {
    /// How people name it.
    public var text: String {
        switch self {
        case .limits(let group, let index): "limits[\(index)] of \(group)"
        case .pool(let name): "pool \(name)"
        case .autosize(let name): "autosize \(name)"
        case .rule(let name): "rule \(name)"
        case .guarding(let name): "guard \(name)"
        case .engine: "the engine"
        }
    }
}
