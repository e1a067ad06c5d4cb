import CgroupModel

/// What layers and rules want values to be.
extension PolicyEngine {
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
        return key.value(in: snapshot, at: position) { facts.device(named: $0) }
    }

    /// The one key of a value that has two names on this machine.
    func canonical(_ key: LimitKey) -> LimitKey { facts.isLegacy(.memory) ? key : key.unified }

    /// What a step of a rule would set.
    func assignments(_ place: Int, _ row: Int, _ index: Int) -> [LimitAssignment] {
        switch rules[place].rule.actions[index].kind {
        case .set(let settings): return settings.flatMap { assignments($0) }
        case .pin(let cpus, let mems): return Self.pin(cpus, mems)
        case .scale(let scaling):
            return scaled(scaling, place, row, index).map {
                [LimitAssignment(canonical(scaling.key), $0)]
            } ?? []
        default: return []
        }
    }

    private func assignments(_ setting: Setting) -> [LimitAssignment] {
        switch setting {
        case .limit(let key, let value): return [LimitAssignment(canonical(key), value)]
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
        let current = current(canonical(scaling.key), row, isDryRun: rules[place].isDryRun)
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
}
