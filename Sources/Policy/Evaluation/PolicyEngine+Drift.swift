import CgroupModel
import PolicyLanguage

/// Notices that someone else changed what the engine wrote.
extension PolicyEngine {
    private static let fightWindow: UInt64 = 600_000_000_000
    private static let mostReapplied = 3

    /// Compares what the snapshot shows with what was read back after the last write.
    mutating func noticeDrift() {
        for row in rows.rowAt {
            for place in holdings[row].values.indices { noticeDrift(row, place) }
            if holdings[row].isFrozen { noticeThaw(row) }
        }
    }

    private mutating func noticeDrift(_ row: Int, _ place: Int) {
        let value = holdings[row].values[place]
        // What a guard does with a value is no fight.
        guard !value.isDryRun, value.inFlight == nil, !value.isYielded, !value.isDirty,
            !isGuarded(value.key, row), let seen = actual(value.key, row)
        else { return }
        guard let applied = value.applied else {
            // It was as wanted without a write; now it may not be any more.
            if value.outcome?.wish.value != seen { holdings[row].values[place].isDirty = true }
            return
        }
        let expected = value.readBack ?? applied
        if !value.isConfirmed {
            guard Self.isSame(seen, expected, value.key) else { return }
            holdings[row].values[place].isConfirmed = true
            holdings[row].values[place].readBack = seen
            return
        }
        guard seen != expected else { return }
        if isWithoutOffline(seen, expected, value.key) {
            // The kernel took them, and of v1 never gives them back by itself.
            holdings[row].values[place].applied = seen
            holdings[row].values[place].readBack = seen
            holdings[row].values[place].isDirty = true
            return
        }
        drifted(row, place, from: expected, to: seen)
    }

    /// Whether of a list of CPUs just those are missing that are offline.
    private func isWithoutOffline(
        _ seen: LimitValue, _ expected: LimitValue, _ key: LimitKey
    ) -> Bool {
        guard key.limit?.grammar == .cpuList, let topology = input?.topology,
            case .text(let seen) = seen,
            case .text(let expected) = expected, let now = RangeList(seen),
            let before = RangeList(expected)
        else { return false }
        return now == before.intersection(RangeList(topology.cpus.map(\.id)))
    }

    /// The kernel rounds: to pages, to whole periods of a quota.
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
        _ row: Int, _ place: Int, from expected: LimitValue, to seen: LimitValue
    ) {
        let value = holdings[row].values[place]
        counts.drifts += 1
        let isReset = seen == value.original
        let change = EffectResult.Change(
            key: value.key, file: value.key.description, before: value.key.text(expected),
            wanted: value.key.text(value.applied ?? expected), after: value.key.text(seen))
        func tell(_ note: String) {
            record(
                .drift, value.writer, row, action: "set", changes: [change],
                note: isReset ? "\(note), it is the original again" : note)
        }
        switch document.defaults.drift {
        case .report:
            holdings[row].values[place].readBack = seen
            tell("someone else changed it: left")
        case .yield:
            holdings[row].values[place].isYielded = true
            tell("someone else changed it: given up")
        case .reapply:
            var times = value.reapplied.filter { now - $0 < Self.fightWindow }
            guard times.count < Self.mostReapplied else {
                holdings[row].values[place].isYielded = true
                tell("someone else keeps changing it: given up")
                return alert(row, value)
            }
            times.append(now)
            holdings[row].values[place].reapplied = times
            holdings[row].values[place].applied = seen
            holdings[row].values[place].isDirty = true
            tell("someone else changed it: written again")
        }
    }

    private mutating func alert(_ row: Int, _ value: ManagedValue) {
        emit(
            .notify(
                sinks: ["journald"], level: .warning,
                text: "\(value.key) of \(rows.cgroups[row].path) is given up: someone else changed "
                    + "it \(Self.mostReapplied + 1) times in ten minutes"),
            value.writer, row, Cause("two controllers fight over \(value.key)"))
    }

    /// Someone else thawed what a rule froze: that is respected, and the rule rests.
    private mutating func noticeThaw(_ row: Int) {
        guard let position = rows.position(row),
            let frozen = input?.snapshot[position, .frozen].value
        else { return }
        if frozen != 0 {
            for place in holdings[row].claims.indices {
                holdings[row].claims[place].isConfirmed = true
            }
            return
        }
        let thawed = holdings[row].claims.filter { $0.isConfirmed && !$0.isDryRun }
        guard !thawed.isEmpty else { return }
        holdings[row].claims.removeAll { $0.isConfirmed && !$0.isDryRun }
        for claim in thawed {
            counts.drifts += 1
            record(
                .drift, rules[claim.rule].origin, row, action: "freeze",
                note: "someone else thawed it: left")
            rest(
                claim.rule, rules[claim.rule].isAggregate ? 0 : row, "someone else thawed it",
                cooldownFactor: 1)
        }
    }
}
