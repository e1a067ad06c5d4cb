import CgroupModel
import PolicyLanguage

/// The values of one cgroup that a layer requests, or that were changed and are not yet restored.
struct CgroupValues: Sendable {
    /// Sorted by key; the dry-run value follows the real one.
    var slots = Table<ValueSlot, ManagedValue>()

    /// Whether any value may differ from its request.
    var isDirty: Bool { slots.contains(where: \.isDirty) }

    // MARK: Requests

    /// Adds a request, or replaces that of the same origin.
    mutating func request(
        _ request: ManagedValue.Request, of key: LimitKey, isDryRun: Bool
    ) {
        let slot = slot(of: key, isDryRun: isDryRun)
        slots[slot].requests.removeAll { $0.origin == request.origin }
        slots[slot].requests.append(request)
        slots[slot].isDirty = true
    }

    /// Withdraws the matching requests.
    mutating func withdraw(where isDropped: (ManagedValue.Request) -> Bool) {
        for slot in slots.indices {
            let count = slots[slot].requests.count
            slots[slot].requests.removeAll(where: isDropped)
            if slots[slot].requests.count != count { slots[slot].isDirty = true }
        }
    }

    /// Multiplies the requests of an origin, and returns whether any is left.
    ///
    /// A request that reaches the value of the layer below is dropped. Without such a value, it is
    /// dropped at `usage`, or, if that is nil, at what the host has.
    mutating func widen(
        _ origin: Effect.Origin, by factor: Double, usage: Double?, _ cause: Cause,
        host: HostSample?
    ) -> Bool {
        var isLeft = false
        for slot in slots.indices {
            guard let index = slots[slot].requests.firstIndex(where: { $0.origin == origin }),
                let number = slots[slot].requests[index].value.number
            else { continue }
            let value = slots[slot]
            let below = value.value(without: origin)
            let most = below?.number.map { Double($0) } ?? usage ?? Self.most(value.key, host)
            let wider = Double(number) * factor
            slots[slot].isDirty = true
            if let most, wider < most, factor > 1 {
                slots[slot].requests[index].value = .number(UInt64(wider))
                slots[slot].requests[index].cause = cause
                isLeft = true
            } else {
                slots[slot].requests.remove(at: index)
            }
        }
        return isLeft
    }

    /// Returns the value at which a limit no longer has an effect on a host.
    private static func most(_ key: LimitKey, _ host: HostSample?) -> Double? {
        guard let host else { return nil }
        switch key.limit?.grammar {
        case .cpus: return Double(host.cpuCount) * 1e6
        case .bytes: return host.memoryTotal.value.map { Double($0) }
        default: return nil
        }
    }

    /// Takes over requested values that an earlier daemon has already set, so that they are
    /// restored like this engine's own.
    mutating func inherit(_ keys: [LimitKey], _ row: Row, _ sight: Sight) {
        for key in keys {
            guard let slot = knownSlot(of: key, isDryRun: false),
                let request = slots[slot].outcome?.request, slots[slot].applied == nil,
                slots[slot].inFlight == nil, !slots[slot].isDirty
            else { continue }
            slots[slot].applied = request.value
            slots[slot].readBack = sight.actual(key, row)
            slots[slot].writer = request.origin
            slots[slot].isConfirmed = true
        }
    }

    // MARK: Slots

    /// Returns the slot of a value, which is added if it is new.
    mutating func slot(of key: LimitKey, isDryRun: Bool) -> ValueSlot {
        if let slot = knownSlot(of: key, isDryRun: isDryRun) { return slot }
        let slot =
            slots.firstIndex { (key, isDryRun ? 1 : 0) < ($0.key, $0.isDryRun ? 1 : 0) }
            ?? slots.endIndex
        slots.insert(ManagedValue(key: key, isDryRun: isDryRun), at: slot)
        return slot
    }

    func knownSlot(of key: LimitKey, isDryRun: Bool) -> ValueSlot? {
        slots.firstIndex { $0.isDryRun == isDryRun && $0.key == key }
    }
}
