import CgroupModel
import PolicyLanguage

/// Undoes what rules did.
extension PolicyEngine {
    /// Undoes what a rule did, immediately or in steps; the cooldown follows.
    mutating func undo(_ rule: RuleIndex, _ row: Row, _ ending: RuleRuntime.Ending) {
        rules.endFiring(rule, row, at: sight.now)
        let program = ending.program
        let cause =
            program.map { measurements.cause($0, row: row) } ?? Cause(ending.note ?? "it ended")
        runUndoHooks(rule, row, cause)
        if !ending.atOnce, rules[rule].endsBySteps(row) {
            if rules[rule].isAggregate { rules.sortTargets(rule, measurements, sight) }
            rules.move(
                rule, row, to: .relaxing, because: program, note: ending.note, sight, measurements,
                &trail)
            return stepBack(rule, row)
        }
        for target in rules.takeTargets(rule, row) { release(rule, target, cause) }
        rules.move(
            rule, row, to: .cooldown, because: program, note: ending.note, sight, measurements,
            &trail)
    }

    private mutating func runUndoHooks(_ rule: RuleIndex, _ row: Row, _ cause: Cause) {
        guard rules[rule].rule.undoing != .keep else { return }
        for action in rules[rule].rule.actions {
            guard case .hook(let name, let waits) = action.kind else { continue }
            for target in rules.instance(rule, row)?.targets ?? []
            where sight.rows.position(target) != nil {
                emit(
                    .hook(name: name, phase: .undo, waits: waits), rules[rule].origin, target,
                    cause, isUndo: true, isDryRun: rules[rule].isDryRun)
            }
        }
    }

    /// Withdraws the requests of a rule for a cgroup.
    mutating func release(_ rule: RuleIndex, _ row: Row, _ cause: Cause) {
        chains.end(rule, row)
        let origin = rules[rule].origin
        thaw(row, cause, origin: origin) { $0.rule == rule }
        freezes.allowFreezing(row, rule)
        guard rules[rule].rule.undoing != .keep else { return }
        values.withdraw(row) { $0 == origin }
    }

    /// Takes one step back: releases one cgroup of an aggregate rule, or relaxes values by a
    /// factor.
    mutating func stepBack(_ rule: RuleIndex, _ row: Row) {
        let cause = Cause("\(rules[rule].rule.name) steps back")
        guard !rules[rule].isAggregate,
            case .relax(let factor, let every) = rules[rule].rule.undoing
        else {
            if let target = rules.releaseNext(rule, row, at: sight.now) {
                release(rule, target, cause)
            }
            if rules.instance(rule, row)?.targets.isEmpty ?? true {
                rules.move(rule, row, to: .cooldown, sight, measurements, &trail)
            }
            return
        }
        let origin = rules[rule].origin
        thaw(row, cause, origin: origin) { $0.rule == rule }
        rules.setNextStep(rule, row, at: sight.now + every.nanoseconds)
        let usage = rules.instance(rule, row)?.usageAtFirst
        guard !values.widen(row, origin, by: factor, usage: usage, cause, sight) else { return }
        release(rule, row, cause)
        _ = rules.takeTargets(rule, row)
        rules.move(rule, row, to: .cooldown, sight, measurements, &trail)
    }

    /// Undoes what a rule did and suspends it; each suspension in a row lasts longer.
    mutating func suspend(_ rule: RuleIndex, _ row: Row, _ reason: String) {
        let cause = Cause(reason)
        for target in rules.takeTargets(rule, row) { release(rule, target, cause) }
        let minutes = rules.suspend(rule, row, reason, sight, measurements, &trail)
        guard let told = rules[rule].isAggregate ? sight.rows.rowAt.first : row else { return }
        emit(
            .notify(
                sinks: ["journald"], level: .warning,
                text: "rule \(rules[rule].rule.name) is suspended for \(minutes) minutes: "
                    + reason),
            rules[rule].origin, told, cause, isDryRun: rules[rule].isDryRun)
    }

    /// Undoes what a rule did and starts its cooldown, because its action was refused or reversed.
    mutating func rest(
        _ rule: RuleIndex, _ row: Row, _ note: String, cooldownFactor: UInt64 = 1
    ) {
        guard rules.instance(rule, row) != nil,
            [.active, .clearing, .relaxing].contains(rules.state(rule, row))
        else { return }
        rules.setCooldownFactor(rule, row, cooldownFactor)
        undo(rule, row, RuleRuntime.Ending(atOnce: true, note: note))
    }

    /// Undoes what a rule did to a cgroup that left its group.
    mutating func leave(_ rule: RuleIndex, _ row: Row) {
        guard let instance = rules.instance(rule, row) else { return }
        let note = "it left the group"
        switch rules.state(rule, row) {
        case .pending where !instance.isRelapse, .blocked where !instance.isRelapse:
            rules.move(rule, row, to: .idle, note: note, sight, measurements, &trail)
        case .active, .clearing, .relaxing, .pending, .blocked:
            rules.endRelapse(rule, row)
            undo(rule, row, RuleRuntime.Ending(atOnce: true, note: note))
        case .idle, .cooldown, .suspended: break
        }
    }
}
