import CgroupModel
package import PolicyLanguage

/// Reloads and stops the policy.
extension PolicyEngine {
    /// Replaces the policy: unchanged rules keep their state, changed and removed ones are undone
    /// by the next tick.
    ///
    /// `facts` replaces the source of facts, because a new policy may need more of them.
    package mutating func reload(_ document: PolicyDocument, facts: (any CgroupFacts)? = nil) {
        if let facts { sight.facts = facts }
        let (oldRules, oldDocument, oldLimits) = (rules, self.document, limits)
        self.document = document
        let defaults = document.defaults
        matcher = GroupMatcher(document.groups)
        gate.reload(document.budgets, allowsKill: defaults.allowsKill)
        values.reaction = defaults.drift
        outbox.isDryRun = defaults.isDryRun
        trail.isDryRun = defaults.isDryRun
        // Standing limits are requested again.
        values.withdraw(layer: .limits)
        let compiled = CompiledPolicy(
            document, sight.facts, vocabulary: vocabulary, costlyEvery: costlyEvery)
        let oldMeasurements = measurements
        (measurements, rules, limits) = (compiled.measurements, compiled.rules, compiled.limits)
        sight.interval = measurements.interval
        limits.keepStates(of: oldLimits)
        measurements.keepSamples(of: oldMeasurements)
        let kept = rules.keepStates(of: oldRules) {
            document.means($0, sameAs: $1, in: oldDocument)
        }
        for known in oldRules.indices where kept[known] == nil { end(oldRules[known]) }
        renumber(kept)
        if oldDocument.defaults.isDryRun, !defaults.isDryRun { forgetDryRun() }
        for place in sources.indices { sources[place].reload(document) }
        isOrdered = false
        pendingNote = "reloaded"
    }

    /// Withdraws the requests of a rule that is not in the new policy.
    private mutating func end(_ old: RuleRuntime) {
        values.withdraw { $0 == old.origin }
        for row in old.rows.order where old.states[row] != .idle {
            trail.record(
                .state, old.origin, old.isAggregate ? nil : sight.target(row),
                note: "\(old.states[row].text) -> idle: the policy changed",
                isDryRun: old.isDryRun)
        }
    }

    /// Maps claims and chains to the rule indices of the new policy.
    ///
    /// The claims and chains of changed or removed rules end, which thaws what they froze.
    private mutating func renumber(_ places: [RuleIndex: RuleIndex]) {
        let cause = Cause("the policy changed")
        chains.renumber(places)
        for row in sight.rows.cgroups.indices where sight.rows.position(row) != nil {
            thaw(row, cause, origin: .engine) { places[$0.rule] == nil }
            freezes.renumber(row, places)
        }
    }

    /// Forgets actions of the dry run, which never happened.
    private mutating func forgetDryRun() {
        freezes.dropAll()
        values.forgetWrites()
        outbox.forgetAll()
    }

    /// Undoes everything when the policy ends.
    ///
    /// Frozen cgroups are thawed; values are restored unless `restore_on_exit` is false.
    package mutating func stop() -> PolicyOutput {
        guard sight.input != nil else { return finish() }
        let cause = Cause("the policy ended")
        // A thaw without a result may still fail, and would not be retried later.
        let unanswered = outbox.rowsBeingThawed
        for row in sight.rows.rowAt + sight.rows.newborn.sorted() {
            for isDryRun in [false, true]
            where freezes.isClaimed(row, isDryRun: isDryRun)
                || !isDryRun && (freezes.owesThaw(row) || unanswered.contains(row))
            {
                emit(.thaw, .engine, row, cause, isUndo: true, isDryRun: isDryRun)
            }
            freezes.dropAll(row)
            guard document.defaults.restoresOnExit else { continue }
            for isDryRun in [false, true] {
                let keys = values.keysToRestore(row, isDryRun: isDryRun)
                if !keys.isEmpty {
                    emit(.restore(keys), .engine, row, cause, isUndo: true, isDryRun: isDryRun)
                }
            }
            values.clear(row)
        }
        trail.record(.policy, .engine, note: "left")
        return finish()
    }
}
