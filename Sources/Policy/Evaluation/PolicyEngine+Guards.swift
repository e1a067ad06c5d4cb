package import CgroupModel
package import PolicyLanguage

/// The layer of the OOM guards.
///
/// A guard writes its values itself, within milliseconds and whatever the ticks do. Everything else
/// is as with any layer: its values are wishes, so that rules give way to them, `explain` shows
/// them, and whatever is left of them at the end is taken back. In return a guard is told what the
/// layers below want, so that both always come to the same value.
extension PolicyEngine {
    /// Takes what guards have made of values.
    mutating func takeGuards() {
        guard let input, !input.guarded.isEmpty || !guardedRows.isEmpty else { return }
        var guarded: Set<Int> = []
        for (id, claims) in input.guarded {
            guard let row = rows.row(of: id), rows.position(row) != nil else { continue }
            guarded.insert(row)
            take(claims, row)
        }
        for row in guardedRows.subtracting(guarded) { unwish(row, \.isGuard) }
        guardedRows = guarded
    }

    private mutating func take(_ guarded: GuardedCgroup, _ row: Int) {
        let origin = Effect.Origin.guarding(guarded.name)
        for place in holdings[row].values.indices {
            let key = holdings[row].values[place].key
            guard guarded.settings[key] == nil, guarded.bounds[key] == nil else { continue }
            let count = holdings[row].values[place].wishes.count
            holdings[row].values[place].wishes.removeAll { $0.origin.isGuard }
            if holdings[row].values[place].wishes.count != count {
                holdings[row].values[place].isDirty = true
            }
        }
        for (key, value) in guarded.settings { take(key, value, isBound: false, origin, row) }
        for (key, value) in guarded.bounds { take(key, value, isBound: true, origin, row) }
    }

    private mutating func take(
        _ key: LimitKey, _ value: LimitValue, isBound: Bool, _ origin: Effect.Origin, _ row: Int
    ) {
        let place = holdings[row].place(of: key, isDryRun: false)
        let known = holdings[row].values[place].wishes.first { $0.origin.isGuard }
        guard known?.value != value || known?.isBound != isBound || known?.origin != origin else {
            return
        }
        holdings[row].values[place].wishes.removeAll { $0.origin.isGuard }
        holdings[row].values[place].wishes.append(
            ManagedValue.Wish(
                layer: .guards, priority: 0, origin: origin, value: value,
                cause: Cause("\(origin.text) keeps it from being killed"), isBound: isBound))
        // The guard has written it, or is about to.
        holdings[row].values[place].applied = holdings[row].values[place].outcome?.wish.value
        holdings[row].values[place].readBack = nil
        holdings[row].values[place].isConfirmed = false
        holdings[row].values[place].writer = origin
    }

    /// Whether only an OOM guard may write a value now.
    func isGuarded(_ key: LimitKey, _ row: Int) -> Bool {
        input?.guarded[rows.cgroups[row].id]?.owns(key) ?? false
    }

    /// What all layers but the guards want values of a cgroup to be: nothing for a value that they
    /// leave alone.
    package func valuesBelowGuards(of cgroup: CgroupID) -> [LimitKey: LimitValue] {
        guard let row = rows.row(of: cgroup) else { return [:] }
        var result: [LimitKey: LimitValue] = [:]
        for value in holdings[row].values where !value.isDryRun && !value.isYielded {
            guard let outcome = value.outcome(without: \.isGuard), !outcome.isImpossible else {
                continue
            }
            result[value.key] = outcome.wish.value
        }
        return result
    }
}

extension Effect.Origin {
    var isGuard: Bool {
        if case .guarding = self { true } else { false }
    }
}
