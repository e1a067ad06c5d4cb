import CgroupModel
import PolicyLanguage

/// The state machine of a rule and a cgroup: one transition per tick, except for durations of zero.
extension RuleRuntime {
    private static let minute: UInt64 = 60_000_000_000
    private static let flapWindow: UInt64 = 600_000_000_000
    private static let releaseEvery: UInt64 = 5_000_000_000

    /// What the engine must do after a step.
    enum Step {
        /// The rule is due to act, or to repeat its action.
        case act(isRepeat: Bool)
        /// The rule's actions must be undone.
        case undo(Ending)
        /// The next step back is due.
        case stepBack
    }

    /// How a rule's action ends.
    struct Ending {
        /// The condition that ended it; nil if something else did.
        var program: Program?
        /// Whether everything is undone immediately instead of in steps.
        var atOnce = false
        var note: String?
    }

    /// Advances the state machine for a cgroup; returns what the engine must do, if anything.
    mutating func step(
        _ row: Row, _ sight: Sight, _ conditions: some Conditions, awaitsKill: Bool,
        _ trail: inout AuditTrail
    ) -> Step? {
        switch states[row] {
        case .idle:
            guard holds(row, conditions) == .yes else { return nil }
            update(row) { ($0.timer, $0.unknownTime) = (0, 0) }
            guard rule.holdTime > .zero else { return .act(isRepeat: false) }
            move(row, to: .pending, when, sight, conditions, &trail)
            return nil
        case .pending: return wait(row, sight, conditions, &trail)
        case .blocked:
            switch holds(row, conditions) {
            case .yes: return .act(isRepeat: false)
            case .no: settle(row, sight, conditions, &trail)
            case .unknown: break
            }
            return nil
        case .active: return watch(row, sight, conditions, awaitsKill: awaitsKill, &trail)
        case .clearing: return clear(row, sight, conditions, awaitsKill: awaitsKill, &trail)
        case .relaxing:
            if !isAggregate, holds(row, conditions) == .yes {
                update(row) { ($0.isRelapse, $0.timer, $0.unknownTime) = (true, 0, 0) }
                move(row, to: .pending, when, sight, conditions, &trail)
                return nil
            }
            return sight.now >= known(row).nextStep ? .stepBack : nil
        case .cooldown:
            let instance = known(row)
            if sight.now - instance.since
                >= rule.cooldown.nanoseconds * instance.cooldownFactor
            {
                update(row) { $0.cooldownFactor = 1 }
                move(row, to: .idle, nil, sight, conditions, &trail)
            }
            return nil
        case .suspended:
            if sight.now >= known(row).nextStep {
                move(row, to: .idle, nil, sight, conditions, &trail)
            }
            return nil
        }
    }

    private func known(_ row: Row) -> Instance { instances[row] ?? Instance() }

    /// Changes the details of a row, which are created if needed.
    mutating func update(_ row: Row, _ change: (inout Instance) -> Void) {
        change(&instances[row, default: Instance()])
    }

    private func holds(_ row: Row, _ conditions: some Conditions) -> Truth {
        guard isAggregate || rows.has(row) else { return .no }
        return conditions.truth(when, row: row)
    }

    private mutating func wait(
        _ row: Row, _ sight: Sight, _ conditions: some Conditions, _ trail: inout AuditTrail
    ) -> Step? {
        let hold = rule.holdTime.nanoseconds
        let truth = holds(row, conditions)
        if truth == .no {
            settle(row, sight, conditions, &trail)
        } else if truth == .unknown || sight.isGap {
            update(row) { $0.unknownTime += sight.elapsed }
            if known(row).unknownTime > max(3 * sight.interval, hold / 2) {
                settle(row, sight, conditions, &trail)
            }
        } else {
            update(row) { $0.timer += sight.elapsed }
            if known(row).timer >= hold { return .act(isRepeat: false) }
        }
        return nil
    }

    /// Returns to idle, or to relaxing after a relapse, because the condition is no longer true.
    private mutating func settle(
        _ row: Row, _ sight: Sight, _ conditions: some Conditions, _ trail: inout AuditTrail
    ) {
        let state: RuleState = known(row).isRelapse ? .relaxing : .idle
        update(row) { $0.isRelapse = false }
        move(row, to: state, when, sight, conditions, &trail)
    }

    private mutating func watch(
        _ row: Row, _ sight: Sight, _ conditions: some Conditions, awaitsKill: Bool,
        _ trail: inout AuditTrail
    ) -> Step? {
        if !awaitsKill, let ending = endingForAge(row, sight) { return .undo(ending) }
        if conditions.truth(until, row: row) == .yes {
            update(row) { $0.timer = 0 }
            move(row, to: .clearing, until, sight, conditions, &trail)
            guard rule.clearTime == .zero, known(row).growth == 1 else { return nil }
            return .undo(Ending(program: until))
        }
        let instance = known(row)
        guard let repetition = rule.repetition, sight.now >= instance.nextRepeat,
            repetition.most.map({ instance.repeats < $0 }) ?? true,
            conditions.truth(repeatWhile, row: row) == .yes
        else { return nil }
        return .act(isRepeat: true)
    }

    private mutating func clear(
        _ row: Row, _ sight: Sight, _ conditions: some Conditions, awaitsKill: Bool,
        _ trail: inout AuditTrail
    ) -> Step? {
        if !awaitsKill, let ending = endingForAge(row, sight) { return .undo(ending) }
        switch conditions.truth(until, row: row) {
        case .no: move(row, to: .active, until, sight, conditions, &trail)
        case .unknown: break
        case .yes:
            if !sight.isGap { update(row) { $0.timer += sight.elapsed } }
            if known(row).timer >= clearTime(row, sight.interval) {
                return .undo(Ending(program: until))
            }
        }
        return nil
    }

    /// Returns for how long `until` must be true, in nanoseconds.
    func clearTime(_ row: Row, _ interval: UInt64) -> UInt64 {
        let growth = known(row).growth
        return max(rule.clearTime.nanoseconds, growth > 1 ? interval : 0) * growth
    }

    private func endingForAge(_ row: Row, _ sight: Sight) -> Ending? {
        guard let longest = rule.longestActive,
            sight.now - known(row).activeSince >= longest.nanoseconds
        else { return nil }
        return Ending(atOnce: true, note: "was active for \(longest.policyText)")
    }

    // MARK: Changes of state

    /// Changes a state and records it; `program` is the condition that caused the change.
    mutating func move(
        _ row: Row, to state: RuleState, _ program: Program?, note: String? = nil, _ sight: Sight,
        _ conditions: some Conditions, _ trail: inout AuditTrail
    ) {
        let old = states[row]
        guard old != state else { return }
        states[row] = state
        update(row) { instance in
            instance.since = sight.now
            if state != .blocked, state != .suspended { instance.reason = nil }
        }
        let arrow = "\(old.text) -> \(state.text)"
        trail.record(
            .state, origin, isAggregate ? nil : sight.target(row),
            note: note.map { "\(arrow): \($0)" } ?? arrow,
            cause: program.map { conditions.cause($0, row: row) }, isDryRun: isDryRun)
    }

    /// Starts a firing; each quiet minute before it halves the extension of `until_for`.
    mutating func activate(
        _ row: Row, _ sight: Sight, _ conditions: some Conditions, _ trail: inout AuditTrail
    ) {
        let isNew = !known(row).isRelapse && states[row] != .active
        let every = rule.repetition?.every
        update(row) { instance in
            if isNew {
                let quiet = sight.now - min(instance.since, sight.now)
                instance.growth = max(1, instance.growth >> min(quiet / Self.minute, 63))
                instance.activeSince = sight.now
                instance.targets = []
                instance.usageAtFirst = nil
            }
            instance.isRelapse = false
            instance.repeats = 0
            instance.told = nil
            instance.failure = nil
            if let every { instance.nextRepeat = sight.now + every.nanoseconds }
        }
        firingCount += 1
        move(row, to: .active, when, sight, conditions, &trail)
    }

    /// Counts a repetition and schedules the next one.
    mutating func `repeat`(_ row: Row, at now: UInt64) {
        let every = rule.repetition?.every.nanoseconds ?? 0
        update(row) { instance in
            instance.repeats += 1
            instance.told = nil
            instance.nextRepeat = now + every
        }
        firingCount += 1
    }

    /// Records the end of a firing; the third within ten minutes doubles `until_for`, up to
    /// eightfold.
    mutating func endFiring(_ row: Row, at now: UInt64) {
        update(row) { instance in
            instance.firings.append(now)
            if instance.firings.count > 3 { instance.firings.removeFirst() }
            if instance.firings.count == 3, now - instance.firings[0] <= Self.flapWindow {
                instance.growth = min(8, instance.growth * 2)
            }
        }
    }

    /// Whether its actions are undone in steps.
    func endsBySteps(_ row: Row) -> Bool {
        if isAggregate, known(row).targets.count > 1 { return true }
        if case .relax = rule.undoing { return true }
        return false
    }

    /// Removes and returns the next cgroup to release, and schedules the one after it.
    mutating func releaseNext(_ row: Row, at now: UInt64) -> Row? {
        var next: Row?
        update(row) { instance in
            next = instance.targets.isEmpty ? nil : instance.targets.removeFirst()
            instance.nextStep = now + Self.releaseEvery
        }
        return next
    }

    /// Suspends the rule and returns for how many minutes; each suspension in a row doubles them.
    mutating func suspend(
        _ row: Row, _ reason: String, _ sight: Sight, _ conditions: some Conditions,
        _ trail: inout AuditTrail
    ) -> UInt64 {
        var wait: UInt64 = 0
        update(row) { instance in
            instance.failures = 0
            instance.ineffective = 0
            wait = min(
                5 * Self.minute << UInt64(min(instance.suspensions, 4)), 60 * Self.minute)
            instance.suspensions += 1
            instance.nextStep = sight.now + wait
            instance.reason = reason
        }
        move(row, to: .suspended, nil, note: reason, sight, conditions, &trail)
        return wait / Self.minute
    }
}
