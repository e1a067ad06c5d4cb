import CgroupModel
import PolicyLanguage

/// The state machine of a rule and a cgroup: one change a tick, but for times of zero.
extension PolicyEngine {
    private static let minute: UInt64 = 60_000_000_000

    /// Looks at one rule with one cgroup; what it wants to do is a candidate, for others may want
    /// to do something there too.
    mutating func step(_ place: Int, _ row: Int, _ candidates: inout [Candidate]) {
        var instance = rules[place].instances[row] ?? RuleRuntime.Instance()
        let rule = rules[place].rule
        switch rules[place].states[row] {
        case .idle:
            guard holds(place, row) == .yes else { return }
            instance.timer = 0
            instance.unknownTime = 0
            if rule.holdTime > .zero {
                move(place, row, &instance, .pending, rules[place].when)
            } else {
                candidates.append(Candidate(rule: place, row: row))
            }
        case .pending: wait(place, row, &instance, &candidates)
        case .blocked:
            switch holds(place, row) {
            case .yes: candidates.append(Candidate(rule: place, row: row))
            case .no: settle(place, row, &instance)
            case .unknown: break
            }
        case .active: watch(place, row, &instance, &candidates)
        case .clearing: clear(place, row, &instance)
        case .relaxing:
            if !rules[place].isAggregate, holds(place, row) == .yes {
                instance.isRelapse = true
                instance.timer = 0
                instance.unknownTime = 0
                move(place, row, &instance, .pending, rules[place].when)
            } else if now >= instance.nextStep {
                relax(place, row, &instance)
            }
        case .cooldown:
            if now - instance.since >= rule.cooldown.nanoseconds * instance.cooldownFactor {
                instance.cooldownFactor = 1
                move(place, row, &instance, .idle)
            }
        case .suspended:
            if now >= instance.nextStep { move(place, row, &instance, .idle) }
        }
        rules[place].instances[row] = instance
    }

    private func holds(_ place: Int, _ row: Int) -> Truth {
        guard rules[place].isAggregate || rules[place].isMember[row] else { return .no }
        return measurements.truth(rules[place].when, row: row)
    }

    private mutating func wait(
        _ place: Int, _ row: Int, _ instance: inout RuleRuntime.Instance,
        _ candidates: inout [Candidate]
    ) {
        let hold = rules[place].rule.holdTime.nanoseconds
        let truth = holds(place, row)
        if truth == .no { return settle(place, row, &instance) }
        if truth == .unknown || isGap {
            instance.unknownTime += elapsed
            if instance.unknownTime > max(3 * measurements.interval, hold / 2) {
                settle(place, row, &instance)
            }
        } else {
            instance.timer += elapsed
            if instance.timer >= hold { candidates.append(Candidate(rule: place, row: row)) }
        }
    }

    /// Back to where it came from, for the condition does not hold any more.
    private mutating func settle(
        _ place: Int, _ row: Int, _ instance: inout RuleRuntime.Instance
    ) {
        let state: RuleState = instance.isRelapse ? .relaxing : .idle
        instance.isRelapse = false
        move(place, row, &instance, state, rules[place].when)
    }

    private mutating func watch(
        _ place: Int, _ row: Int, _ instance: inout RuleRuntime.Instance,
        _ candidates: inout [Candidate]
    ) {
        let rule = rules[place].rule
        if endsForAge(place, row, &instance) { return }
        if measurements.truth(rules[place].until, row: row) == .yes {
            instance.timer = 0
            move(place, row, &instance, .clearing, rules[place].until)
            if rule.clearTime == .zero, instance.growth == 1 {
                undo(place, row, &instance, rules[place].until)
            }
            return
        }
        guard let repetition = rule.repetition, now >= instance.nextRepeat,
            repetition.most.map({ instance.repeats < $0 }) ?? true,
            measurements.truth(rules[place].repeatWhile, row: row) == .yes
        else { return }
        candidates.append(Candidate(rule: place, row: row, isRepeat: true))
    }

    private mutating func clear(
        _ place: Int, _ row: Int, _ instance: inout RuleRuntime.Instance
    ) {
        if endsForAge(place, row, &instance) { return }
        switch measurements.truth(rules[place].until, row: row) {
        case .no: move(place, row, &instance, .active, rules[place].until)
        case .unknown: break
        case .yes:
            if !isGap { instance.timer += elapsed }
            let least = instance.growth > 1 ? measurements.interval : 0
            let hold = max(rules[place].rule.clearTime.nanoseconds, least) * instance.growth
            if instance.timer >= hold { undo(place, row, &instance, rules[place].until) }
        }
    }

    private mutating func endsForAge(
        _ place: Int, _ row: Int, _ instance: inout RuleRuntime.Instance
    ) -> Bool {
        guard let longest = rules[place].rule.longestActive,
            now - instance.activeSince >= longest.nanoseconds, !awaitsKill(place, row, instance)
        else { return false }
        undo(place, row, &instance, nil, atOnce: true, note: "was active for \(longest.policyText)")
        return true
    }

    /// The rule acts: how long it will hold depends on how quiet it was before.
    mutating func activate(_ place: Int, _ row: Int, _ instance: inout RuleRuntime.Instance) {
        let wasRelapse = instance.isRelapse
        if !wasRelapse, rules[place].states[row] != .active {
            let quiet = now - min(instance.since, now)
            instance.growth = max(1, instance.growth >> min(quiet / Self.minute, 63))
            instance.activeSince = now
            instance.targets = []
            instance.usageAtFirst = nil
        }
        instance.isRelapse = false
        instance.repeats = 0
        instance.told = nil
        instance.failure = nil
        rules[place].firingCount += 1
        if let every = rules[place].rule.repetition?.every {
            instance.nextRepeat = now + every.nanoseconds
        }
        move(place, row, &instance, .active, rules[place].when)
    }

    // MARK: Changes of state

    /// Changes a state and tells of it.
    mutating func move(
        _ place: Int, _ row: Int, _ instance: inout RuleRuntime.Instance, _ state: RuleState,
        _ program: Program? = nil, note: String? = nil
    ) {
        let old = rules[place].states[row]
        guard old != state else { return }
        rules[place].states[row] = state
        instance.since = now
        if state != .blocked, state != .suspended { instance.reason = nil }
        let arrow = "\(old.text) -> \(state.text)"
        record(
            .state, rules[place].origin, rules[place].isAggregate ? nil : row,
            note: note.map { "\(arrow): \($0)" } ?? arrow,
            cause: program.map { self.cause($0, row) }, isDryRun: rules[place].isDryRun)
    }

    func cause(_ program: Program, _ row: Int) -> Cause {
        Cause(program.text, evidence: measurements.evidence(program, row: row))
    }

    /// Undoes what a rule did and leaves it alone for a while, the longer the oftener that was.
    mutating func suspend(
        _ place: Int, _ row: Int, _ instance: inout RuleRuntime.Instance, _ reason: String
    ) {
        let cause = Cause(reason)
        for target in instance.targets { release(place, target, cause) }
        instance.targets = []
        instance.failures = 0
        instance.ineffective = 0
        let wait = min(5 * Self.minute << UInt64(min(instance.suspensions, 4)), 60 * Self.minute)
        instance.suspensions += 1
        instance.nextStep = now + wait
        instance.reason = reason
        move(place, row, &instance, .suspended, note: reason)
        let name = rules[place].rule.name
        if let told = rules[place].isAggregate ? rows.rowAt.first : row {
            emit(
                .notify(
                    sinks: ["journald"], level: .warning,
                    text: "rule \(name) is suspended for \(wait / Self.minute) minutes: \(reason)"),
                rules[place].origin, told, cause, isDryRun: rules[place].isDryRun)
        }
    }

    /// Lets a rule rest after it was kept from acting by what it met.
    mutating func rest(_ place: Int, _ row: Int, _ note: String, cooldownFactor: UInt64) {
        guard var instance = rules[place].instances[row],
            [.active, .clearing, .relaxing].contains(rules[place].states[row])
        else { return }
        instance.cooldownFactor = cooldownFactor
        undo(place, row, &instance, nil, atOnce: true, note: note)
        rules[place].instances[row] = instance
    }
}
