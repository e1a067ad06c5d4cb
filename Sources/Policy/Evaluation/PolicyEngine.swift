import CgroupModel
package import PolicyLanguage

/// Decides, tick by tick, what is done to which cgroup.
///
/// It is a value without a clock, files or chance: the same inputs give the same effects and the
/// same audit records, live, in a dry run and over a recording. Whoever calls it has the effects
/// done and brings the results with a later tick.
///
/// Its parts keep what they know to themselves. The engine asks them in the order of the tick and
/// carries out what follows for several of them.
package struct PolicyEngine: Sendable {
    var document: PolicyDocument
    let vocabulary: @Sendable (String) -> PolicyMetric?
    let costlyEvery: Int
    var sources: [any LayerSource]

    /// What the tick sees.
    var sight: Sight
    var measurements: Measurements
    var matcher: GroupMatcher

    /// The standing limits, and for which cgroups they are requested.
    var limits: [LimitRuntime] = []
    /// Requests, arbitration, drift and retries.
    var values: ValueBoard
    /// The state machine.
    var rules: RuleBoard
    /// Steps that wait for effects.
    var chains = ChainRunner()
    /// Claims and deadlines.
    var freezes = FreezeLedger()
    /// What may be done.
    var gate: Gate
    /// Effects that go out, and those that are unanswered.
    var outbox: Outbox
    /// The audit log.
    var trail: AuditTrail

    /// Samples that were older than the one before.
    var ignoredSamples: UInt64 = 0
    /// Whether any group's members differ from those of the tick before.
    var membersChanged = true
    /// Whether the rules know which rows they look at.
    var isOrdered = false
    /// What the next tick writes down first.
    var pendingNote: String?

    /// Takes a policy and what it needs to know of the machine.
    ///
    /// - Parameters:
    ///   - document: The policy.
    ///   - facts: What is known of cgroups apart from their numbers.
    ///   - vocabulary: The row of a name in an expression, `host.` in front where it is the
    ///     machine's.
    ///   - sources: Pools and autosizing.
    ///   - costlyEvery: At how many ticks the sampler reads costly files once.
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

    /// Looks at a snapshot and at what became of earlier effects, and says what is to be done.
    ///
    /// The order is fixed: results, identities (so that nothing is done to what is gone), groups,
    /// metrics, expired freezes, drift, lower layers, conditions and states, then what gives, rules'
    /// steps by priority, and what takes.
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
        takeLimits()
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

    /// Finds the cgroups and their groups, and reads the metrics.
    private mutating func identify(_ input: PolicyInput) {
        let change = sight.rows.take(input.snapshot, at: sight.now)
        if let change {
            for row in change.gone { forget(row) }
            sight.rows.release(change.gone)
            for row in change.added { measurements.clear(row: row) }
            matcher.forget(rows: change.added + change.moved + change.gone)
            growParts()
        }
        let changed = matcher.match(
            input, rows: sight.rows, facts: sight.facts, listChanged: change != nil)
        let matcher = matcher
        measurements.take(input, rows: sight.rows) { matcher.watched(of: $0) }
        membersChanged = changed || !isOrdered
        if membersChanged { orderRules() }
        isOrdered = true
    }

    /// Gives new rows a place in every part.
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
        for index in limits.indices { limits[index].requested.remove(row) }
    }

    /// Finds the rows that each rule looks at, and undoes what was done to those that left.
    private mutating func orderRules() {
        for rule in rules.indices {
            let left = rules.order(rule, matcher, sight.rows)
            for row in left { leave(rule, row) }
            rules.keepLooking(rule, at: left, sight.rows)
        }
    }

    /// Looks at every rule with every cgroup; most have nothing to say.
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

    /// Compares what the snapshot shows with what rules and layers want, cgroup by cgroup.
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

    // MARK: What goes out

    /// Queues an effect and writes it down.
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

    /// Writes down that a rule is kept from something.
    mutating func veto(_ rule: RuleIndex, _ row: Row, _ action: String?, _ reason: String) {
        rules.veto(rule, sight.target(row), action, reason, &trail)
    }
}

/// A rule that would act on a cgroup (or on some of its group) in this tick.
struct Candidate: Sendable {
    let rule: RuleIndex
    /// The row of its state.
    let row: Row
    var isRepeat = false
}

/// The conditions of a policy, compiled for one machine.
struct CompiledPolicy {
    let measurements: Measurements
    let rules: RuleBoard
    let limits: [LimitRuntime]

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
        limits = document.limits.enumerated().map { index, limits in
            LimitRuntime(limits, index: index, facts, &compiler)
        }
        measurements = compiler.measurements
    }
}
