import CgroupModel
package import PolicyLanguage

/// How a policy begins, gives way to another one, and ends.
extension PolicyEngine {
    /// Takes another policy: equal rules keep their state, changed and removed ones are undone, at
    /// the latest with the next tick.
    ///
    /// `facts` replaces what is known of cgroups, for another policy may ask for more.
    package mutating func reload(_ document: PolicyDocument, facts: (any CgroupFacts)? = nil) {
        if let facts { self.facts = facts }
        let (old, oldDocument, oldMeasurements) = (rules, self.document, measurements)
        self.document = document
        matcher = GroupMatcher(document.groups)
        budgets.reload(document.budgets)
        triedBudgets.reload(document.budgets)
        measurements = Measurements(
            interval: document.defaults.interval, costlyEvery: costlyEvery, vocabulary: vocabulary,
            seesLegacyIORoot: self.facts.seesLegacyIORoot
        ) { [facts = self.facts] in facts.device(named: $0) }
        dropLimits()
        let oldLimits = limits
        compile()
        keepLimits(oldLimits)
        measurements.keepSamples(of: oldMeasurements)
        var renumbered: [Int: Int] = [:]
        for place in rules.indices {
            guard
                let known = old.firstIndex(where: {
                    $0.rule.name == rules[place].rule.name
                        && document.means($0.rule, sameAs: rules[place].rule, in: oldDocument)
                })
            else { continue }
            rules[place].states = old[known].states
            rules[place].instances = old[known].instances
            rules[place].order = old[known].order
            rules[place].isMember = old[known].isMember
            rules[place].firingCount = old[known].firingCount
            rules[place].vetoCount = old[known].vetoCount
            renumbered[known] = place
        }
        for known in old.indices where renumbered[known] == nil { end(old[known]) }
        renumber(renumbered)
        if oldDocument.defaults.isDryRun, !document.defaults.isDryRun { forgetDryRun() }
        for place in sources.indices { sources[place].reload(document) }
        isOrdered = false
        pendingNote = "reloaded"
    }

    /// Limits on a condition that are the same go on as they were, wherever they stand.
    private mutating func keepLimits(_ old: [LimitRuntime]) {
        for index in limits.indices {
            let same = old.first { known in
                var moved = known.limits
                moved.position = limits[index].limits.position
                return moved == limits[index].limits
            }
            if let same { limits[index].keepState(of: same) }
        }
    }

    /// Drops what a rule that the new policy does not have wanted.
    private mutating func end(_ old: RuleRuntime) {
        dropWishes { $0 == old.origin }
        for row in old.order where old.states[row] != .idle {
            record(
                .state, old.origin, old.isAggregate ? nil : row,
                note: "\(old.states[row].text) -> idle: the policy changed",
                isDryRun: old.isDryRun)
        }
    }

    /// What was only told so far was never written.
    private mutating func forgetDryRun() {
        for row in holdings.indices {
            holdings[row].claims.removeAll()
            for place in holdings[row].values.indices {
                holdings[row].values[place].applied = nil
                holdings[row].values[place].isDirty = true
            }
        }
        inFlight = [:]
    }

    mutating func compile() {
        let sorted = document.rules.enumerated().sorted {
            ($1.element.priority, $0.offset) < ($0.element.priority, $1.offset)
        }
        var compiler = ProgramCompiler(measurements: measurements, defaults: document.defaults)
        rules = sorted.map { RuleRuntime($0.element, document, facts.mode, &compiler) }
        compiler.aggregate = nil
        limits = document.limits.enumerated().map { index, limits in
            LimitRuntime(limits, index: index, facts, &compiler)
        }
        measurements = compiler.measurements
    }

    /// Takes everything back, as the policy ends.
    ///
    /// Whatever is frozen is thawed; values go back to the original ones unless the policy says
    /// that they stay.
    package mutating func stop() -> PolicyOutput {
        guard input != nil else { return finish() }
        let cause = Cause("the policy ends")
        // A thaw that was not answered yet may fail, and nobody would try again.
        let unanswered = Set(
            inFlight.values.filter { $0.effect.kind == .thaw && !$0.effect.isDryRun }.map(\.row))
        for row in rows.rowAt + rows.newborn.sorted() {
            for isDryRun in [false, true]
            where holdings[row].claims.contains(where: { $0.isDryRun == isDryRun })
                || !isDryRun && (holdings[row].owesThaw || unanswered.contains(row))
            {
                emit(.thaw, .engine, row, cause, isUndo: true, isDryRun: isDryRun)
            }
            holdings[row].claims.removeAll()
            guard document.defaults.restoresOnExit else { continue }
            for isDryRun in [false, true] {
                let keys = holdings[row].values.filter {
                    $0.isDryRun == isDryRun && ($0.applied != nil || $0.inFlight != nil)
                }.map(\.key)
                if !keys.isEmpty {
                    emit(.restore(keys), .engine, row, cause, isUndo: true, isDryRun: isDryRun)
                }
            }
            holdings[row].values.removeAll()
        }
        record(.policy, .engine, note: "left")
        return finish()
    }
}
