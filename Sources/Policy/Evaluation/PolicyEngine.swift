import CgroupModel
package import PolicyLanguage

/// Decides at each tick which actions to take on which cgroups.
///
/// It uses no clock, files or randomness: the same inputs give the same effects and audit records,
/// live, in a dry run and over a recording. The caller performs the effects and passes their
/// results to a later tick.
///
/// Each part keeps its own state. The engine calls the parts in the order of the tick and handles
/// what concerns several of them.
package struct PolicyEngine: Sendable {
    var document: PolicyDocument
    let vocabulary: @Sendable (String) -> PolicyMetric?
    let costlyEvery: Int
    var sources: [any LayerSource]

    /// The input of the tick, for all parts.
    var sight: Sight
    var measurements: Measurements
    var matcher: GroupMatcher

    /// The standing limits and the cgroups for which they are requested.
    var limits: LimitBoard
    /// Value requests, arbitration, drift and retries.
    var values: ValueBoard
    /// The state machines of the rules.
    var rules: RuleBoard
    /// Chains that wait for results.
    var chains = ChainRunner()
    /// The cgroups that are gone, for events that arrive later.
    var departed = DepartedCgroups()
    /// Freezes and their deadlines.
    var freezes = FreezeLedger()
    /// Decides whether an action is allowed.
    var gate: Gate
    /// Queued effects, and those without a result.
    var outbox: Outbox
    /// The audit log.
    var trail: AuditTrail

    /// The number of snapshots ignored because they were not newer than the one before.
    var ignoredSamples: UInt64 = 0
    /// Whether the members of any group changed since the previous tick.
    var membersChanged = true
    /// Whether each rule's rows are up to date with the policy.
    var isOrdered = false
    /// A note that the next tick records first.
    var pendingNote: String?

    /// Creates an engine for a policy.
    ///
    /// - Parameters:
    ///   - document: The policy.
    ///   - facts: Facts about cgroups and the host that are not in snapshots.
    ///   - vocabulary: Looks up the metric of a name in an expression; names of host metrics begin
    ///     with `host.`.
    ///   - sources: Pools and autosizing.
    ///   - costlyEvery: The sampler reads costly files once in this many ticks.
    package init(
        document: PolicyDocument, facts: any CgroupFacts,
        vocabulary: @escaping @Sendable (String) -> PolicyMetric?,
        sources: [any LayerSource] = [], costlyEvery: Int = 1
    ) {
        self.document = document
        self.vocabulary = Measurements.withUsages(vocabulary)
        self.sources = sources
        self.costlyEvery = costlyEvery
        sight = Sight(facts: facts)
        matcher = GroupMatcher(document.groups)
        values = ValueBoard(reaction: document.defaults.drift)
        gate = Gate(document.budgets, allowsKill: document.defaults.allowsKill)
        outbox = Outbox(isDryRun: document.defaults.isDryRun)
        trail = AuditTrail(isDryRun: document.defaults.isDryRun)
        let compiled = CompiledPolicy(
            document, facts, vocabulary: self.vocabulary, costlyEvery: costlyEvery)
        measurements = compiled.measurements
        rules = compiled.rules
        limits = compiled.limits
        sight.interval = measurements.interval
        pendingNote = "loaded"
    }

    // MARK: One tick

    /// Processes a snapshot and the results of earlier effects, and returns new effects.
    ///
    /// The order is fixed: results, identities (so that nothing acts on a removed cgroup), groups,
    /// metrics, expired freezes, waiting chains, guards, drift, lower layers, conditions and
    /// states, widening writes, the rules' steps by priority, other writes, and the one-time
    /// actions of pools and autosizing.
    package mutating func tick(_ input: PolicyInput) -> PolicyOutput {
        let isOld = sight.input != nil && input.time.nanoseconds <= sight.now
        if !isOld { sight.input = input }
        trail.wallTime = sight.input?.snapshot.wallTime ?? 0
        if let note = pendingNote { trail.record(.policy, .engine, note: note) }
        pendingNote = nil
        guard !isOld else {
            ignoredSamples += 1
            takeResults(input.results)
            return finish()
        }
        let last = sight.now
        sight.now = input.time.nanoseconds
        sight.elapsed = last == 0 ? 0 : sight.now - last
        sight.isGap = sight.elapsed > sight.interval * 5 / 2
        takeResults(input.results)
        identify(input)
        expireFreezes()
        continueChains()
        values.takeGuards(sight)
        noticeDrift()
        limits.take(sight, measurements, matcher, membersChanged: membersChanged, &values)
        let acts = askSources()
        let candidates = stepRules()
        values.reconcile(widening: true, sight, &gate, &outbox, &trail)
        fire(candidates)
        values.reconcile(widening: false, sight, &gate, &outbox, &trail)
        perform(acts)
        return finish()
    }

    mutating func finish() -> PolicyOutput {
        var output = PolicyOutput()
        output.effects = outbox.take()
        output.audit = trail.take()
        return output
    }

    /// Updates rows and group members, and reads the metrics.
    private mutating func identify(_ input: PolicyInput) {
        let change = sight.rows.update(with: input.snapshot, at: sight.now)
        if let change {
            for row in change.gone {
                remember(row)
                forget(row)
            }
            sight.rows.release(change.gone)
            for row in change.added { measurements.clear(row: row) }
            matcher.forget(rows: change.added + change.moved + change.gone)
            growParts()
        }
        let changed = matcher.match(
            input, rows: sight.rows, facts: sight.facts, listChanged: change != nil)
        let matcher = matcher
        measurements.take(input, rows: sight.rows) { matcher.watched(of: $0) }
        takeEvents(input.events)
        membersChanged = changed || !isOrdered
        if membersChanged { orderRules() }
        isOrdered = true
    }

    /// Extends the tables of all parts to the number of rows.
    mutating func growParts() {
        let count = sight.rows.count
        values.grow(to: count)
        rules.grow(to: count)
        freezes.grow(to: count)
        gate.grow(to: count)
    }

    /// Forgets a cgroup that is gone.
    private mutating func forget(_ row: Row) {
        rules.forget(row, sight, &trail)
        values.forget(row)
        freezes.forget(row)
        gate.forget(row, sight.target(row).cgroup)
        outbox.forget(row)
        chains.forget(row)
        limits.forget(row)
    }

    /// Updates the rows that each rule evaluates, and undoes rules for cgroups that left the group.
    private mutating func orderRules() {
        for rule in rules.indices {
            let left = rules.order(rule, matcher, sight.rows)
            for row in left { leave(rule, row) }
            rules.keepLooking(rule, at: left, sight.rows)
        }
    }

    /// Advances the state machine of each rule and cgroup that needs attention.
    private mutating func stepRules() -> [Candidate] {
        var candidates: [Candidate] = []
        var attention: [Row] = []
        for rule in rules.indices where rules[rule].disabled == nil {
            attention.removeAll(keepingCapacity: true)
            rules.attention(rule, measurements, sight, into: &attention)
            for row in attention {
                let step = rules.step(
                    rule, row, sight, measurements, awaitsKill: awaitsKill(rule, row), &trail)
                switch step {
                case .act(let isRepeat):
                    candidates.append(Candidate(rule: rule, row: row, isRepeat: isRepeat))
                case .undo(let ending): undo(rule, row, ending)
                case .stepBack: stepBack(rule, row)
                case nil: break
                }
            }
        }
        return candidates
    }

    /// Detects values and freezes that another program changed, cgroup by cgroup.
    private mutating func noticeDrift() {
        var start = 0
        for position in sight.rows.rowAt.indices {
            let row = sight.rows.rowAt[position]
            guard freezes.isFrozen(row) else { continue }
            values.noticeDrift(start...position, sight, &outbox, &trail)
            noticeThaw(row)
            start = position + 1
        }
        values.noticeDrift(start..., sight, &outbox, &trail)
    }

    // MARK: Output

    /// Queues an effect and records it.
    @discardableResult
    mutating func emit(
        _ kind: Effect.Kind, _ origin: Effect.Origin, _ row: Row, _ cause: Cause,
        chain: UInt64? = nil, isUndo: Bool = false, isDryRun: Bool = false,
        continuesOnError: Bool = false
    ) -> Effect.ID {
        outbox.send(
            kind, origin, row, sight.target(row), cause, chain: chain, isUndo: isUndo,
            isDryRun: isDryRun, continuesOnError: continuesOnError, &trail)
    }

    /// Records a refusal.
    mutating func veto(_ rule: RuleIndex, _ row: Row, _ action: String?, _ reason: String) {
        rules.veto(rule, sight.target(row), action, reason, &trail)
    }
}

/// A rule that is due to act on a cgroup, or on some cgroups of its group.
struct Candidate: Sendable {
    let rule: RuleIndex
    /// The row of its state.
    let row: Row
    var isRepeat = false
}

/// The conditions of a policy, compiled for one host.
struct CompiledPolicy {
    let measurements: Measurements
    let rules: RuleBoard
    let limits: LimitBoard

    init(
        _ document: PolicyDocument, _ facts: any CgroupFacts,
        vocabulary: @escaping @Sendable (String) -> PolicyMetric?, costlyEvery: Int
    ) {
        let empty = Measurements(
            interval: document.defaults.interval, costlyEvery: costlyEvery, vocabulary: vocabulary,
            seesLegacyIORoot: facts.seesLegacyIORoot
        ) { facts.device(named: $0) }
        var compiler = ProgramCompiler(measurements: empty, defaults: document.defaults)
        rules = RuleBoard(document, facts.mode, &compiler)
        limits = LimitBoard(document, facts, &compiler)
        measurements = compiler.measurements
    }
}
