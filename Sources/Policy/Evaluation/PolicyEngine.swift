import CgroupModel
package import PolicyLanguage

/// Decides, tick by tick, what is done to which cgroup.
///
/// It is a value without a clock, files or chance: the same inputs give the same effects and the
/// same audit records, live, in a dry run and over a recording. Whoever calls it has the effects
/// done and brings the results with a later tick.
package struct PolicyEngine: Sendable {
    var document: PolicyDocument
    var facts: any CgroupFacts
    let vocabulary: @Sendable (String) -> PolicyMetric?
    let costlyEvery: Int
    var sources: [any LayerSource]

    var measurements: Measurements
    var matcher: GroupMatcher
    var rows = CgroupRows()
    /// In the order in which they are looked at: by priority, then as in the document.
    var rules: [RuleRuntime] = []
    /// By row.
    var holdings: [Holdings] = []
    var budgets: BudgetLedger
    /// What rules that are tried out would have spent.
    var triedBudgets: BudgetLedger
    /// Which standing limits hold now, with the rows that have their wishes.
    var limits: [LimitRuntime] = []
    /// The rows of which an OOM guard has values.
    var guardedRows: Set<Int> = []
    var inFlight: [Effect.ID: InFlight] = [:]
    /// What is left of a chain until an effect of it ends, by that effect.
    var waiting: [Effect.ID: WaitingChain] = [:]
    /// Rests of chains that wait no more.
    var ready: [WaitingChain] = []

    /// The snapshot and the time of this tick.
    var input: PolicyInput?
    var now: UInt64 = 0
    /// The time of what is written down, in microseconds since 1970.
    var wallTime: UInt64 = 0
    /// The time since the tick before, and whether that is too long to know what was meanwhile.
    var elapsed: UInt64 = 0
    var isGap = false
    var output = PolicyOutput()
    var counts = PolicyMetrics()
    var budgetHits = Array(repeating: UInt64(0), count: BudgetLedger.Item.allCases.count)
    private var nextEffect: Effect.ID = 1
    private var nextChain: UInt64 = 1
    private var sequence: UInt64 = 1
    private var attention: [Int] = []
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
        self.facts = facts
        self.vocabulary = Measurements.withUsages(vocabulary)
        self.sources = sources
        self.costlyEvery = costlyEvery
        budgets = BudgetLedger(document.budgets)
        triedBudgets = budgets
        matcher = GroupMatcher(document.groups)
        measurements = Measurements(
            interval: document.defaults.interval, costlyEvery: costlyEvery,
            vocabulary: self.vocabulary, seesLegacyIORoot: facts.seesLegacyIORoot
        ) { facts.device(named: $0) }
        compile()
        pendingNote = "loaded"
    }

    // MARK: One tick

    /// Looks at a snapshot and at what became of earlier effects, and says what is to be done.
    ///
    /// The order is fixed: results, identities (so that nothing is done to what is gone), groups,
    /// metrics, expired freezes, drift, lower layers, conditions and states, then what gives, rules'
    /// steps by priority, and what takes.
    package mutating func tick(_ input: PolicyInput) -> PolicyOutput {
        let isOld = self.input != nil && input.time.nanoseconds <= now
        let last = now
        self.input = isOld ? self.input : input
        wallTime = self.input?.snapshot.wallTime ?? 0
        if let note = pendingNote { record(.policy, .engine, note: note) }
        pendingNote = nil
        guard !isOld else {
            counts.ignoredSamples += 1
            takeResults(input.results)
            return finish()
        }
        now = input.time.nanoseconds
        elapsed = last == 0 ? 0 : now - last
        isGap = elapsed > measurements.interval * 5 / 2
        takeResults(input.results)
        identify(input.snapshot)
        expireFreezes()
        continueChains()
        takeGuards()
        noticeDrift()
        takeLimits()
        askSources()
        let candidates = stepRules()
        reconcile(widening: true)
        fire(candidates)
        reconcile(widening: false)
        doActs()
        return finish()
    }

    mutating func finish() -> PolicyOutput {
        let result = output
        output = PolicyOutput()
        return result
    }

    /// Finds the cgroups and their groups, and reads the metrics.
    private mutating func identify(_ snapshot: Snapshot) {
        guard let input else { return }
        let change = rows.take(snapshot, at: now)
        if let change {
            for row in change.gone { forget(row) }
            rows.release(change.gone)
            for row in change.added { measurements.clear(row: row) }
            matcher.forget(rows: change.added + change.moved + change.gone)
            while holdings.count < rows.count { holdings.append(Holdings()) }
        }
        let changed = matcher.match(
            input, rows: rows, facts: facts, listChanged: change != nil)
        let matcher = matcher
        measurements.take(input, rows: rows) { matcher.watched(of: $0) }
        membersChanged = changed || !isOrdered
        if membersChanged { orderRules() }
        isOrdered = true
    }

    /// Whether any group's members differ from those of the tick before.
    var membersChanged = true
    var isOrdered = false
    /// What pools and autosizing want done once in this tick.
    var acts: [LayerProposal.Act] = []

    /// Looks at every rule with every cgroup; most have nothing to say.
    private mutating func stepRules() -> [Candidate] {
        var candidates: [Candidate] = []
        for place in rules.indices where rules[place].disabled == nil {
            attention.removeAll(keepingCapacity: true)
            collect(place, isLacking: lack(of: rules[place]) != nil)
            for row in attention { step(place, row, &candidates) }
        }
        return candidates
    }

    private mutating func collect(_ place: Int, isLacking: Bool) {
        for row in rules[place].order {
            if rules[place].states[row] == .idle,
                isLacking || measurements.truth(rules[place].when, row: row) != .yes
            {
                continue
            }
            attention.append(row)
        }
    }

    /// What a rule needs and the machine does not have now: until it does, the rule begins nothing;
    /// what it has begun goes on to its end.
    func lack(of rule: RuleRuntime) -> String? {
        guard let input else { return nil }
        return rule.needs.first { isLacking($0, input.snapshot.host) }
            .map { "requires \($0.rawValue)" }
    }

    private func isLacking(_ need: Requirement, _ host: HostSample) -> Bool {
        switch need {
        case .psi:
            [host.cpuPressure, host.memoryPressure, host.ioPressure].allSatisfy {
                $0 == .absent || $0 == .unsupported
            }
        case .swap: host.swapTotal.value == 0
        case .systemd: !facts.hasSystemd
        case .v1, .v2, .hybrid: false
        }
    }

    // MARK: What goes out

    /// Wants something done, and tells of it.
    @discardableResult
    mutating func emit(
        _ kind: Effect.Kind, _ origin: Effect.Origin, _ row: Int, _ cause: Cause,
        chain: UInt64? = nil, isUndo: Bool = false, isDryRun: Bool = false,
        continuesOnError: Bool = false, isTogether: Bool = false
    ) -> Effect.ID {
        let effect = Effect(
            id: nextEffect, origin: origin, target: rows.cgroups[row].target, kind: kind,
            isUndo: isUndo, isDryRun: isDryRun || document.defaults.isDryRun,
            chain: chain ?? newChain(), continuesOnError: continuesOnError,
            isTogether: isTogether, cause: cause)
        nextEffect += 1
        output.effects.append(effect)
        // Nothing depends on whether people were reached.
        if effect.kind.changesCgroup { inFlight[effect.id] = InFlight(effect: effect, row: row) }
        record(
            isUndo ? .undo : .plan, origin, row, effect: effect.id, action: kind.name,
            note: kind.text, cause: cause, isDryRun: effect.isDryRun)
        return effect.id
    }

    /// A chain of its own.
    mutating func newChain() -> UInt64 {
        nextChain += 1
        return nextChain - 1
    }

    /// Writes a line of the audit log.
    mutating func record(
        _ phase: AuditRecord.Phase, _ origin: Effect.Origin, _ row: Int? = nil,
        effect: Effect.ID? = nil, action: String? = nil, changes: [EffectResult.Change] = [],
        outcome: EffectResult.Outcome? = nil, note: String? = nil, cause: Cause? = nil,
        isDryRun: Bool = false
    ) {
        output.audit.append(
            AuditRecord(
                wallTime: wallTime, sequence: sequence, phase: phase,
                origin: origin, target: row.map { rows.cgroups[$0].target }, effect: effect,
                action: action, changes: changes, outcome: outcome, note: note, cause: cause,
                isDryRun: isDryRun || document.defaults.isDryRun))
        sequence += 1
    }
}

/// An effect that was not answered yet.
struct InFlight: Sendable {
    let effect: Effect
    let row: Int
}

/// The rest of a chain that waits for an effect of it.
struct WaitingChain: Sendable {
    let rule: Int
    let row: Int
    let chain: UInt64
    let actions: [Int]
    let cause: Cause
}
