import CgroupModel
import PolicyLanguage

/// How what rules did is taken back.
extension PolicyEngine {
    private static let flapWindow: UInt64 = 600_000_000_000
    private static let releaseEvery: UInt64 = 5_000_000_000

    /// Takes back what a rule did, at once or by steps, and lets it rest.
    mutating func undo(
        _ place: Int, _ row: Int, _ instance: inout RuleRuntime.Instance, _ program: Program?,
        atOnce: Bool = false, note: String? = nil
    ) {
        instance.firings.append(now)
        if instance.firings.count > 3 { instance.firings.removeFirst() }
        if instance.firings.count == 3, now - instance.firings[0] <= Self.flapWindow {
            instance.growth = min(8, instance.growth * 2)
        }
        let cause = program.map { self.cause($0, row) } ?? Cause(note ?? "it ended")
        runUndoHooks(place, row, instance, cause)
        if !atOnce, rules[place].isAggregate, instance.targets.count > 1 {
            order(&instance, smallestFirst: place)
            move(place, row, &instance, .relaxing, program, note: note)
            return relax(place, row, &instance)
        }
        if !atOnce, case .relax = rules[place].rule.undoing {
            move(place, row, &instance, .relaxing, program, note: note)
            return relax(place, row, &instance)
        }
        for target in instance.targets { release(place, target, cause) }
        instance.targets = []
        move(place, row, &instance, .cooldown, program, note: note)
    }

    /// Drops what a rule wants of a cgroup.
    mutating func release(_ place: Int, _ row: Int, _ cause: Cause) {
        endWaiting(place, row)
        thaw(row, cause, origin: rules[place].origin) { $0.rule == place }
        holdings[row].thaws.removeAll { $0.rule == place }
        guard rules[place].rule.undoing != .keep else { return }
        let origin = rules[place].origin
        unwish(row) { $0 == origin }
    }

    /// One step back: a cgroup of a group as a whole, or a factor towards the value below.
    mutating func relax(
        _ place: Int, _ row: Int, _ instance: inout RuleRuntime.Instance
    ) {
        let rule = rules[place].rule
        let cause = Cause("\(rule.name) steps back")
        guard !rules[place].isAggregate, case .relax(let factor, let every) = rule.undoing else {
            if !instance.targets.isEmpty {
                release(place, instance.targets.removeFirst(), cause)
            }
            instance.nextStep = now + Self.releaseEvery
            if instance.targets.isEmpty { move(place, row, &instance, .cooldown) }
            return
        }
        thaw(row, cause, origin: rules[place].origin) { $0.rule == place }
        instance.nextStep = now + every.nanoseconds
        let bound = instance.usageAtFirst
        if !widen(row, rules[place].origin, by: factor, bound: bound, cause) {
            release(place, row, cause)
            instance.targets = []
            move(place, row, &instance, .cooldown)
        }
    }

    /// The cgroups that a rule on a group acted on, the one that is worth least first.
    private mutating func order(_ instance: inout RuleRuntime.Instance, smallestFirst place: Int) {
        let program = rules[place].victimOrder
        let ranked = instance.targets.map { (row: $0, worth: worth(program, $0)) }
        instance.targets = ranked.sorted { left, right in
            (left.worth, rows.cgroups[left.row].path) < (right.worth, rows.cgroups[right.row].path)
        }.map(\.row)
    }

    func worth(_ program: Program, _ row: Int) -> Double {
        guard !program.nodes.isEmpty else { return 0 }
        let worth = measurements.number(program, row: row)
        return worth.isNaN ? 0 : worth
    }
}
