import CgroupModel
import PolicyLanguage

/// Detects changes by other programs to values that the engine wrote.
extension CgroupValues {
    private static let fightWindow: UInt64 = 600_000_000_000
    private static let mostReapplied = 3

    /// Compares the snapshot with what was read back after the last write.
    mutating func noticeDrift(
        _ row: Row, _ reaction: DriftReaction, _ sight: Sight, _ outbox: inout Outbox,
        _ trail: inout AuditTrail
    ) {
        for slot in slots.indices { noticeDrift(row, slot, reaction, sight, &outbox, &trail) }
    }

    private mutating func noticeDrift(
        _ row: Row, _ slot: ValueSlot, _ reaction: DriftReaction, _ sight: Sight,
        _ outbox: inout Outbox, _ trail: inout AuditTrail
    ) {
        let value = slots[slot]
        // A change by a guard is not drift.
        guard !value.isDryRun, value.inFlight == nil, !value.isYielded, !value.isDirty,
            !sight.isGuarded(value.key, row), let seen = sight.actual(value.key, row)
        else { return }
        guard let applied = value.applied else {
            // The value matched without a write, and may no longer do so.
            if value.outcome?.request.value != seen { slots[slot].isDirty = true }
            return
        }
        let expected = value.readBack ?? applied
        if !value.isConfirmed {
            guard Self.isSame(seen, expected, value.key) else { return }
            slots[slot].isConfirmed = true
            slots[slot].readBack = seen
            return
        }
        guard seen != expected else { return }
        if Self.isWithoutOffline(seen, expected, value.key, sight.input?.topology) {
            // The kernel removed the offline CPUs, and v1 never adds them back by itself.
            slots[slot].applied = seen
            slots[slot].readBack = seen
            slots[slot].isDirty = true
            return
        }
        drifted(row, slot, reaction, from: expected, to: seen, sight, &outbox, &trail)
    }

    /// Whether a list of CPUs differs only by the offline ones.
    private static func isWithoutOffline(
        _ seen: LimitValue, _ expected: LimitValue, _ key: LimitKey, _ topology: CPUTopology?
    ) -> Bool {
        guard key.limit?.grammar == .cpuList, let topology, case .text(let seen) = seen,
            case .text(let expected) = expected, let now = RangeList(seen),
            let before = RangeList(expected)
        else { return false }
        return now == before.intersection(RangeList(topology.cpus.map(\.id)))
    }

    /// Whether two values are equal apart from the kernel's rounding, to pages or to whole
    /// microseconds of a quota.
    private static func isSame(_ left: LimitValue, _ right: LimitValue, _ key: LimitKey) -> Bool {
        if left == right { return true }
        if case .text(let left) = left, case .text(let right) = right {
            return RangeList(left).map { $0 == RangeList(right) } ?? false
        }
        guard let first = left.number, let second = right.number else { return false }
        let distance = max(first, second) - min(first, second)
        return switch key.limit?.grammar {
        case .bytes: distance < 65_536
        case .cpus: distance <= 10
        case .weight: distance <= 1
        default: false
        }
    }

    private mutating func drifted(
        _ row: Row, _ slot: ValueSlot, _ reaction: DriftReaction, from expected: LimitValue,
        to seen: LimitValue, _ sight: Sight, _ outbox: inout Outbox, _ trail: inout AuditTrail
    ) {
        let value = slots[slot]
        let isReset = seen == value.original
        let change = EffectResult.Change(
            key: value.key, file: value.key.description, before: value.key.text(expected),
            wanted: value.key.text(value.applied ?? expected), after: value.key.text(seen))
        func tell(_ note: String) {
            trail.record(
                .drift, value.writer, sight.target(row), action: "set", changes: [change],
                note: isReset ? "\(note); it was reset to the original" : note)
        }
        switch reaction {
        case .report:
            slots[slot].readBack = seen
            tell("changed by another program: left unchanged")
        case .yield:
            slots[slot].isYielded = true
            tell("changed by another program: given up")
        case .reapply:
            var times = value.reapplied.filter { sight.now - $0 < Self.fightWindow }
            guard times.count < Self.mostReapplied else {
                slots[slot].isYielded = true
                tell("keeps being changed by another program: given up")
                return alert(row, value, sight, &outbox, &trail)
            }
            times.append(sight.now)
            slots[slot].reapplied = times
            slots[slot].applied = seen
            slots[slot].isDirty = true
            tell("changed by another program: written again")
        }
    }

    private func alert(
        _ row: Row, _ value: ManagedValue, _ sight: Sight, _ outbox: inout Outbox,
        _ trail: inout AuditTrail
    ) {
        let target = sight.target(row)
        outbox.send(
            .notify(
                sinks: ["journald"], level: .warning,
                text: "\(value.key) of \(target.path) is given up: another program changed it "
                    + "\(Self.mostReapplied + 1) times in ten minutes"),
            value.writer, row, target, Cause("two controllers fight over \(value.key)"), &trail)
    }
}
