import CgroupModel
import PolicyLanguage

/// The layer of the OOM guards.
///
/// A guard writes its values itself, within milliseconds and independently of ticks. Otherwise it
/// is like any layer: its requests override rules and appear in `explain`, and its values are
/// restored when it ends. It receives the requests of the lower layers, so both agree on a value.
extension CgroupValues {
    /// Replaces the guards' requests with the values that a guard has set.
    mutating func adopt(_ guarded: GuardedCgroup) {
        let origin = Effect.Origin.guarding(guarded.name)
        for slot in slots.indices {
            let key = slots[slot].key
            guard guarded.settings[key] == nil, guarded.bounds[key] == nil else { continue }
            let count = slots[slot].requests.count
            slots[slot].requests.removeAll { $0.origin.isGuard }
            if slots[slot].requests.count != count { slots[slot].isDirty = true }
        }
        for (key, value) in guarded.settings { request(key, value, isUpperBound: false, origin) }
        for (key, value) in guarded.bounds { request(key, value, isUpperBound: true, origin) }
    }

    private mutating func request(
        _ key: LimitKey, _ value: LimitValue, isUpperBound: Bool, _ origin: Effect.Origin
    ) {
        let slot = slot(of: key, isDryRun: false)
        let known = slots[slot].requests.first { $0.origin.isGuard }
        guard
            known?.value != value || known?.isUpperBound != isUpperBound || known?.origin != origin
        else { return }
        slots[slot].requests.removeAll { $0.origin.isGuard }
        slots[slot].requests.append(
            ManagedValue.Request(
                layer: .guards, priority: 0, origin: origin, value: value,
                cause: Cause("\(origin.text) prevents an OOM kill"),
                isUpperBound: isUpperBound))
        // The guard has written it, or is about to write it.
        slots[slot].applied = slots[slot].outcome?.request.value
        slots[slot].readBack = nil
        slots[slot].isConfirmed = false
        slots[slot].writer = origin
    }

    /// The values that the layers below the guards request.
    var belowGuards: [LimitKey: LimitValue] {
        var result: [LimitKey: LimitValue] = [:]
        for value in slots where !value.isDryRun && !value.isYielded {
            guard let outcome = value.outcome(without: \.isGuard), !outcome.isImpossible else {
                continue
            }
            result[value.key] = outcome.request.value
        }
        return result
    }
}

extension Effect.Origin {
    var isGuard: Bool {
        if case .guarding = self { true } else { false }
    }
}
