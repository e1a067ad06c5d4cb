import CgroupModel
import PolicyLanguage

/// Where every rule stands with every cgroup of its group.
///
/// It keeps the states and their times and writes down how they change. What follows for cgroups is
/// an answer (``Step``) that the engine carries out.
struct RuleBoard: Sendable {
    /// In the order in which rules are evaluated: by priority, then as in the document.
    private var rules = Table<RuleIndex, RuleRuntime>()
    /// Until when a cgroup is no victim, for acting on it brought nothing.
    private var excludedUntil = Table<Row, UInt64>()

    private static let victimRest: UInt64 = 60_000_000_000

    /// Compiles the rules of a policy; the compiler's measurements have then what they look at.
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

    /// The rule of a name.
    func index(named name: String) -> RuleIndex? { rules.firstIndex { $0.rule.name == name } }

    /// The rule that an effect belongs to.
    func index(of origin: Effect.Origin) -> RuleIndex? {
        guard case .rule(let name) = origin else { return nil }
        return index(named: name)
    }

    func state(_ rule: RuleIndex, _ row: Row) -> RuleState { rules[rule].states[row] }

    /// What is known beside the state; nil before the rule first had something to do with the row.
    func instance(_ rule: RuleIndex, _ row: Row) -> RuleRuntime.Instance? {
        rules[rule].instances[row]
    }

    /// The row under which a rule keeps its state with a cgroup.
    func stateRow(_ rule: RuleIndex, _ row: Row) -> Row {
        rules[rule].isAggregate ? .whole : row
    }

    /// The rows that a rule has to look at in this tick; most have nothing to say.
    func attention(
        _ rule: RuleIndex, _ measurements: Measurements, _ sight: Sight, into rows: inout [Row]
    ) {
        let runtime = rules[rule]
        let isLacking = runtime.lack(sight) != nil
        for row in runtime.order {
            if runtime.states[row] == .idle,
                isLacking || measurements.truth(runtime.when, row: row) != .yes
            {
                continue
            }
            rows.append(row)
        }
    }

    // MARK: Small changes

    /// Counts and writes down that a rule is kept from something.
    mutating func veto(
        _ rule: RuleIndex, _ target: Effect.Target?, _ action: String?, _ reason: String,
        _ trail: inout AuditTrail
    ) {
        rules[rule].vetoCount += 1
        trail.record(
            .veto, rules[rule].origin, target, action: action, note: reason,
            isDryRun: rules[rule].isDryRun)
    }

    /// Counts vetoes that were written down elsewhere.
    mutating func countVetoes(_ rule: RuleIndex, _ count: UInt64) {
        rules[rule].vetoCount += count
    }

    /// Removes and returns the rows that a rule has acted on.
    mutating func takeTargets(_ rule: RuleIndex, _ row: Row) -> [Row] {
        let taken = rules[rule].instances[row]?.targets ?? []
        rules[rule].instances[row]?.targets = []
        return taken
    }

    /// A cgroup is not among those any more that a rule has acted on.
    mutating func dropTarget(_ rule: RuleIndex, _ row: Row, _ target: Row) {
        rules[rule].instances[row]?.targets.removeAll { $0 == target }
    }

    // MARK: The state machine

    /// Looks at one rule with one cgroup; nil if nothing follows beyond the state.
    mutating func step(
        _ rule: RuleIndex, _ row: Row, _ sight: Sight, _ conditions: some Conditions,
        awaitsKill: Bool, _ trail: inout AuditTrail
    ) -> RuleRuntime.Step? {
        rules[rule].step(row, sight, conditions, awaitsKill: awaitsKill, &trail)
    }

    /// A rule acts, or repeats what it did, on some cgroups; nil if that would be of no use, and
    /// else the condition that has led to it.
    mutating func begin(
        _ candidate: Candidate, _ targets: [Row], _ sight: Sight, _ conditions: some Conditions,
        _ trail: inout AuditTrail
    ) -> Program? {
        rules[candidate.rule].begin(
            candidate.row, isRepeat: candidate.isRepeat, targets, sight, conditions, &trail)
    }

    /// A rule may not act on a cgroup; whether people are to be told of that.
    mutating func block(
        _ candidate: Candidate, _ reason: String, _ target: Row?, _ sight: Sight,
        _ conditions: some Conditions, _ trail: inout AuditTrail
    ) -> Bool {
        rules[candidate.rule].block(
            candidate.row, isRepeat: candidate.isRepeat, reason, target, sight, conditions, &trail)
    }

    /// What a rule did comes to an end: the third time in ten minutes it holds longer from now on.
    mutating func endFiring(_ rule: RuleIndex, _ row: Row, at now: UInt64) {
        rules[rule].endFiring(row, at: now)
    }

    /// Changes a state and writes it down.
    mutating func move(
        _ rule: RuleIndex, _ row: Row, to state: RuleState, because program: Program? = nil,
        note: String? = nil, _ sight: Sight, _ conditions: some Conditions,
        _ trail: inout AuditTrail
    ) {
        rules[rule].move(row, to: state, program, note: note, sight, conditions, &trail)
    }

    /// Takes the time of the next step back; of a rule on a group, the cgroup that is given back.
    mutating func releaseNext(_ rule: RuleIndex, _ row: Row, at now: UInt64) -> Row? {
        rules[rule].releaseNext(row, at: now)
    }

    mutating func setNextStep(_ rule: RuleIndex, _ row: Row, at time: UInt64) {
        rules[rule].update(row) { $0.nextStep = time }
    }

    /// A rule has to rest for so much longer than written.
    mutating func setCooldownFactor(_ rule: RuleIndex, _ row: Row, _ factor: UInt64) {
        rules[rule].update(row) { $0.cooldownFactor = factor }
    }

    /// The condition came back while a rule was stepping back, and is of no account any more.
    mutating func endRelapse(_ rule: RuleIndex, _ row: Row) {
        rules[rule].update(row) { $0.isRelapse = false }
    }

    /// Suspends a rule; for how many minutes.
    mutating func suspend(
        _ rule: RuleIndex, _ row: Row, _ reason: String, _ sight: Sight,
        _ conditions: some Conditions, _ trail: inout AuditTrail
    ) -> UInt64 {
        rules[rule].suspend(row, reason, sight, conditions, &trail)
    }

    /// Counts what went well and what did not; what follows for the rule.
    mutating func judge(
        _ rule: RuleIndex, _ row: Row, _ result: EffectResult, of effect: Effect,
        isRetried: Bool
    ) -> RuleRuntime.Verdict? {
        rules[rule].judge(row, result, of: effect, isRetried: isRetried)
    }

    // MARK: Victims

    /// On whom a rule would act, the best first.
    func targets(
        of candidate: Candidate, _ matcher: GroupMatcher, _ conditions: some Conditions,
        _ sight: Sight
    ) -> [Row] {
        let runtime = rules[candidate.rule]
        guard runtime.isAggregate else { return [candidate.row] }
        let taken = runtime.instances[.whole]?.targets ?? []
        let members = matcher.members(of: runtime.rule.group).map { sight.rows.rowAt[$0] }
        guard let victims = runtime.rule.victims else { return members }
        var ranked: [(row: Row, worth: Double)] = []
        for row in members where !taken.contains(row) && sight.now >= excludedUntil[row] {
            let worth = conditions.number(runtime.victimOrder, row: row)
            guard !worth.isNaN, victims.leastGain.map({ worth >= $0 }) ?? true else { continue }
            ranked.append((row, worth))
        }
        return ranked.enumerated().sorted { left, right in
            let (first, second) = (left.element.worth, right.element.worth)
            guard first != second else { return left.offset < right.offset }
            return victims.isDescending ? first > second : first < second
        }.map(\.element.row)
    }

    /// Sorts the cgroups that a rule on a group acted on, the one that is worth least first.
    mutating func sortTargets(_ rule: RuleIndex, _ conditions: some Conditions, _ sight: Sight) {
        let program = rules[rule].victimOrder
        func worth(_ row: Row) -> Double {
            guard !program.nodes.isEmpty else { return 0 }
            let worth = conditions.number(program, row: row)
            return worth.isNaN ? 0 : worth
        }
        let ranked = (rules[rule].instances[.whole]?.targets ?? []).map { ($0, worth($0)) }
        rules[rule].instances[.whole]?.targets = ranked.sorted { left, right in
            (left.1, sight.path(left.0)) < (right.1, sight.path(right.0))
        }.map(\.0)
    }

    /// Acting on a cgroup brought nothing: for a minute it is no victim.
    mutating func exclude(_ row: Row, at now: UInt64) {
        excludedUntil[row] = now + Self.victimRest
    }

    // MARK: Rows

    mutating func grow(to count: Int) { excludedUntil.grow(to: count, with: 0) }

    /// Forgets a cgroup that is gone.
    mutating func forget(_ row: Row, _ sight: Sight, _ trail: inout AuditTrail) {
        excludedUntil[row] = 0
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

    /// Finds the rows that a rule looks at; the answer is those with a state that left the group.
    ///
    /// An idle rule still looks at a cgroup in the tick in which it lost its last process, since
    /// what killed that is what the rule may be about.
    mutating func order(_ rule: RuleIndex, _ matcher: GroupMatcher, _ rows: CgroupRows) -> [Row] {
        guard rules[rule].disabled == nil else { return [] }
        if rules[rule].isAggregate {
            if rules[rule].states.isEmpty { rules[rule].states.append(.idle) }
            rules[rule].order = [.whole]
            return []
        }
        rules[rule].states.grow(to: rows.count, with: .idle)
        let group = rules[rule].rule.group
        var isMember = Table<Row, Bool>(repeating: false, count: rows.count)
        for position in matcher.members(of: group) { isMember[rows.rowAt[position]] = true }
        let watched = matcher.watched(of: group).map { rows.rowAt[$0] }
        for row in watched where rules[rule].states[row] == .idle { isMember[row] = true }
        rules[rule].isMember = isMember
        rules[rule].order = watched.filter { isMember[$0] }
        return rules[rule].instances.keys.filter {
            !isMember[$0] && rules[rule].states[$0] != .idle
        }.sorted { (rows.position($0) ?? 0, $0) < (rows.position($1) ?? 0, $1) }
    }

    /// Goes on looking at rows that left the group, as long as the rule is not done with them.
    mutating func keepLooking(_ rule: RuleIndex, at left: [Row], _ rows: CgroupRows) {
        let kept = left.filter { rules[rule].states[$0] != .idle }
        guard !kept.isEmpty else { return }
        rules[rule].order = (rules[rule].order + kept).sorted {
            (rows.position($0) ?? 0) < (rows.position($1) ?? 0)
        }
    }

    // MARK: Another policy

    /// Takes over the states of rules that mean the same in another policy; the answer is where
    /// those are now.
    mutating func keepStates(
        of old: RuleBoard, where isSame: (_ old: Rule, _ new: Rule) -> Bool
    ) -> [RuleIndex: RuleIndex] {
        excludedUntil = old.excludedUntil
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
