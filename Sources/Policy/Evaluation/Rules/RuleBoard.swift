import CgroupModel
import PolicyLanguage

/// The state of every rule for every cgroup of its group.
///
/// It runs the state machines and records state changes. Actions on cgroups are returned as
/// ``RuleRuntime/Step`` and carried out by the engine.
struct RuleBoard: Sendable {
    /// The rules in the order of evaluation: by priority, then as in the document.
    private var rules = Table<RuleIndex, RuleRuntime>()
    private var victims = VictimChoice()

    /// Compiles the rules of a policy, which adds the metrics they use to the compiler's
    /// measurements.
    init(_ document: PolicyDocument, _ mode: HierarchyMode, _ compiler: inout ProgramCompiler) {
        let sorted = document.rules.enumerated().sorted {
            ($1.element.priority, $0.offset) < ($0.element.priority, $1.offset)
        }
        for rule in sorted {
            rules.append(RuleRuntime(rule.element, document, mode, &compiler))
        }
        compiler.aggregate = nil
    }

    // MARK: Reading

    var indices: Range<RuleIndex> { rules.indices }

    subscript(rule: RuleIndex) -> RuleRuntime {
        _read { yield rules[rule] }
    }

    /// Returns the rule with a name.
    func index(named name: String) -> RuleIndex? { rules.firstIndex { $0.rule.name == name } }

    /// Returns the rule that an effect comes from.
    func index(of origin: Effect.Origin) -> RuleIndex? {
        guard case .rule(let name) = origin else { return nil }
        return index(named: name)
    }

    func state(_ rule: RuleIndex, _ row: Row) -> RuleState { rules[rule].states[row] }

    /// Returns the details of the state; nil if the rule has been idle for the row since it
    /// appeared.
    func instance(_ rule: RuleIndex, _ row: Row) -> RuleRuntime.Instance? {
        rules[rule].instances[row]
    }

    /// Returns the row of a rule's state for a cgroup.
    func stateRow(_ rule: RuleIndex, _ row: Row) -> Row {
        rules[rule].isAggregate ? .whole : row
    }

    /// Collects the rows for which a rule must be stepped in this tick: not idle, or due to act.
    func attention(
        _ rule: RuleIndex, _ measurements: Measurements, _ sight: Sight, into rows: inout [Row]
    ) {
        let runtime = rules[rule]
        let isLacking = runtime.lack(sight) != nil
        for row in runtime.rows.order {
            if runtime.states[row] == .idle,
                isLacking || measurements.truth(runtime.when, row: row) != .yes
            {
                continue
            }
            rows.append(row)
        }
    }

    /// Returns the rules that report events of a cgroup even after it is gone: by name, the number
    /// of events counted so far.
    func reporters(of row: Row, _ measurements: Measurements) -> [String: UInt64] {
        var found: [String: UInt64] = [:]
        for runtime in rules where runtime.reportsDeparted {
            guard runtime.rows.has(row), runtime.states[row] == .idle else { continue }
            found[runtime.rule.name] = runtime.rule.event.map { measurements.count($0, row) }
        }
        return found
    }

    // MARK: Small changes

    mutating func countFiring(_ rule: RuleIndex) { rules[rule].firingCount += 1 }

    /// Counts and records a refusal.
    mutating func veto(
        _ rule: RuleIndex, _ target: Effect.Target?, _ action: String?, _ reason: String,
        _ trail: inout AuditTrail
    ) {
        rules[rule].vetoCount += 1
        trail.record(
            .veto, rules[rule].origin, target, action: action, note: reason,
            isDryRun: rules[rule].isDryRun)
    }

    /// Counts refusals that were recorded elsewhere.
    mutating func countVetoes(_ rule: RuleIndex, _ count: UInt64) {
        rules[rule].vetoCount += count
    }

    /// Removes and returns the rows that a rule acts on.
    mutating func takeTargets(_ rule: RuleIndex, _ row: Row) -> [Row] {
        let taken = rules[rule].instances[row]?.targets ?? []
        rules[rule].instances[row]?.targets = []
        return taken
    }

    /// Removes a cgroup from a rule's targets.
    mutating func dropTarget(_ rule: RuleIndex, _ row: Row, _ target: Row) {
        rules[rule].instances[row]?.targets.removeAll { $0 == target }
    }

    // MARK: The state machine

    /// Advances the state machine of a rule for a cgroup; returns what the engine must do, if
    /// anything.
    mutating func step(
        _ rule: RuleIndex, _ row: Row, _ sight: Sight, _ conditions: some Conditions,
        awaitsKill: Bool, _ trail: inout AuditTrail
    ) -> RuleRuntime.Step? {
        rules[rule].step(row, sight, conditions, awaitsKill: awaitsKill, &trail)
    }

    /// Starts or repeats a rule's action; returns the condition that caused it, or nil if the
    /// action has proved useless.
    mutating func begin(
        _ candidate: Candidate, _ targets: [Row], _ sight: Sight, _ conditions: some Conditions,
        _ trail: inout AuditTrail
    ) -> Program? {
        rules[candidate.rule].begin(
            candidate.row, isRepeat: candidate.isRepeat, targets, sight, conditions, &trail)
    }

    /// Blocks a rule that was refused, and returns whether to notify.
    mutating func block(
        _ candidate: Candidate, _ reason: String, _ target: Row?, _ sight: Sight,
        _ conditions: some Conditions, _ trail: inout AuditTrail
    ) -> Bool {
        rules[candidate.rule].block(
            candidate.row, isRepeat: candidate.isRepeat, reason, target, sight, conditions, &trail)
    }

    /// Records that a rule's action ends; see ``RuleRuntime/endFiring(_:at:)``.
    mutating func endFiring(_ rule: RuleIndex, _ row: Row, at now: UInt64) {
        rules[rule].endFiring(row, at: now)
    }

    /// Changes a state and records the change.
    mutating func move(
        _ rule: RuleIndex, _ row: Row, to state: RuleState, because program: Program? = nil,
        note: String? = nil, _ sight: Sight, _ conditions: some Conditions,
        _ trail: inout AuditTrail
    ) {
        rules[rule].move(row, to: state, program, note: note, sight, conditions, &trail)
    }

    /// Removes and returns the next cgroup to release, and schedules the one after it.
    mutating func releaseNext(_ rule: RuleIndex, _ row: Row, at now: UInt64) -> Row? {
        rules[rule].releaseNext(row, at: now)
    }

    mutating func setNextStep(_ rule: RuleIndex, _ row: Row, at time: UInt64) {
        rules[rule].update(row) { $0.nextStep = time }
    }

    /// Multiplies the next cooldown of a rule.
    mutating func setCooldownFactor(_ rule: RuleIndex, _ row: Row, _ factor: UInt64) {
        rules[rule].update(row) { $0.cooldownFactor = factor }
    }

    /// Ends the relapse of a rule that was relaxing.
    mutating func endRelapse(_ rule: RuleIndex, _ row: Row) {
        rules[rule].update(row) { $0.isRelapse = false }
    }

    /// Suspends a rule, and returns for how many minutes.
    mutating func suspend(
        _ rule: RuleIndex, _ row: Row, _ reason: String, _ sight: Sight,
        _ conditions: some Conditions, _ trail: inout AuditTrail
    ) -> UInt64 {
        rules[rule].suspend(row, reason, sight, conditions, &trail)
    }

    /// Counts successes and failures, and returns the consequence for the rule.
    mutating func judge(
        _ rule: RuleIndex, _ row: Row, _ result: EffectResult, of effect: Effect,
        isRetried: Bool
    ) -> RuleRuntime.Verdict? {
        rules[rule].judge(row, result, of: effect, isRetried: isRetried)
    }

    // MARK: Victims

    /// Returns the cgroups that a rule would act on, the best victim first.
    func targets(
        of candidate: Candidate, _ matcher: GroupMatcher, _ conditions: some Conditions,
        _ sight: Sight
    ) -> [Row] {
        victims.targets(of: rules[candidate.rule], candidate.row, matcher, conditions, sight)
    }

    /// Sorts the cgroups that an aggregate rule acted on, the least valuable victim first.
    mutating func sortTargets(_ rule: RuleIndex, _ conditions: some Conditions, _ sight: Sight) {
        let sorted = VictimChoice.releaseOrder(of: rules[rule], conditions, sight)
        rules[rule].instances[.whole]?.targets = sorted
    }

    /// Excludes a cgroup as a victim for a minute, because acting on it had no effect.
    mutating func exclude(_ row: Row, at now: UInt64) { victims.exclude(row, at: now) }

    // MARK: Rows

    mutating func grow(to count: Int) { victims.grow(to: count) }

    /// Forgets a cgroup that is gone.
    mutating func forget(_ row: Row, _ sight: Sight, _ trail: inout AuditTrail) {
        victims.forget(row)
        for rule in rules.indices {
            if rules[rule].isAggregate {
                rules[rule].instances[.whole]?.targets.removeAll { $0 == row }
                continue
            }
            guard rules[rule].instances.removeValue(forKey: row) != nil else { continue }
            let state = rules[rule].states[row]
            rules[rule].states[row] = .idle
            guard state != .idle else { continue }
            trail.record(
                .state, rules[rule].origin, sight.target(row), note: "\(state.text) -> gone",
                isDryRun: rules[rule].isDryRun)
        }
    }

    /// Updates the rows that a rule evaluates; returns the rows with a state that left the group.
    mutating func order(_ rule: RuleIndex, _ matcher: GroupMatcher, _ rows: CgroupRows) -> [Row] {
        guard rules[rule].disabled == nil else { return [] }
        if rules[rule].isAggregate {
            if rules[rule].states.isEmpty { rules[rule].states.append(.idle) }
            rules[rule].rows.takeWhole()
            return []
        }
        rules[rule].states.grow(to: rows.count, with: .idle)
        let states = rules[rule].states
        rules[rule].rows.take(rules[rule].rule.group, matcher, rows) { states[$0] == .idle }
        let members = rules[rule].rows
        return rules[rule].instances.keys.filter {
            !members.has($0) && states[$0] != .idle
        }.sorted { (rows.position($0) ?? 0, $0) < (rows.position($1) ?? 0, $1) }
    }

    /// Continues to evaluate rows that left the group until the rule is idle for them.
    mutating func keepLooking(_ rule: RuleIndex, at left: [Row], _ rows: CgroupRows) {
        let kept = left.filter { rules[rule].states[$0] != .idle }
        guard !kept.isEmpty else { return }
        rules[rule].rows.keep(kept, rows)
    }

    // MARK: Reload

    /// Keeps the states of rules that are unchanged in a new policy, and returns their new indices.
    mutating func keepStates(
        of old: RuleBoard, where isSame: (_ old: Rule, _ new: Rule) -> Bool
    ) -> [RuleIndex: RuleIndex] {
        victims = old.victims
        var places: [RuleIndex: RuleIndex] = [:]
        for rule in rules.indices {
            let known = old.rules.firstIndex {
                $0.rule.name == rules[rule].rule.name && isSame($0.rule, rules[rule].rule)
            }
            guard let known else { continue }
            rules[rule].keepState(of: old.rules[known])
            places[known] = rule
        }
        return places
    }
}
