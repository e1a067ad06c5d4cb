package import CgroupModel
package import PolicyLanguage

/// Why one value of a cgroup is what it is.
package struct ValueExplanation: Hashable, Sendable {
    /// One layer's wish.
    package struct Wish: Hashable, Sendable {
        /// Who requests which value, and how it ranks.
        package var layer: Layer, priority: Int, origin: Effect.Origin, value: LimitValue
        /// Why it is wanted.
        package var cause: Cause
    }

    /// Whose value it is.
    package var target: Effect.Target
    /// Which value.
    package var key: LimitKey
    /// All that is wished, the highest layer first.
    package var wishes: [Wish]
    /// Who wins; nil if nobody wants anything any more.
    package var winner: Effect.Origin?
    /// What it is to be; nil for the original.
    package var wanted: LimitValue?
    /// Why the winner wins, or why nothing is written.
    package var reason: String
    /// What it was before the first write; nil if nothing was written or it was not known.
    package var original: LimitValue?
    /// What the snapshot shows; nil if it does not hold the value.
    package var actual: LimitValue?

    /// Whether the wanted value stands already, as far as is known.
    package var isMet: Bool { wanted == nil || wanted == actual }
}

extension PolicyEngine {
    /// Every value of a cgroup that a layer wants, in the order of the names.
    package func layers(of cgroup: CgroupID) -> [ValueExplanation] {
        guard let row = rows.row(of: cgroup) else { return [] }
        return holdings[row].values.filter { !$0.isDryRun }.map { explanation($0, row) }
    }

    /// Every value of the cgroup at a path that a layer wants.
    package func layers(of path: CgroupPath) -> [ValueExplanation] {
        guard let snapshot = input?.snapshot, let position = snapshot.index(of: path) else {
            return []
        }
        return layers(of: snapshot.cgroups[position].id)
    }

    /// What the last snapshot shows against what is wanted, in path order: only values that differ.
    package func plan() -> [ValueExplanation] {
        rows.rowAt.flatMap { row in
            holdings[row].values.filter { !$0.isDryRun }.map { explanation($0, row) }
        }.filter { !$0.isMet }
    }

    private func explanation(_ value: ManagedValue, _ row: Int) -> ValueExplanation {
        let outcome = value.outcome
        let sorted = value.wishes.enumerated().sorted { left, right in
            left.element.isAbove(right.element)
                || (!right.element.isAbove(left.element) && left.offset < right.offset)
        }.map(\.element)
        return ValueExplanation(
            target: rows.cgroups[row].target, key: value.key,
            wishes: sorted.map {
                ValueExplanation.Wish(
                    layer: $0.layer, priority: $0.priority, origin: $0.origin, value: $0.value,
                    cause: $0.cause)
            }, winner: outcome?.wish.origin, wanted: outcome?.wish.value,
            reason: reason(value, outcome, row), original: value.original,
            actual: actual(value.key, row))
    }

    private func reason(
        _ value: ManagedValue, _ outcome: ManagedValue.Outcome?, _ row: Int
    ) -> String {
        if value.isYielded { return "given up, for someone else keeps changing it" }
        if let position = rows.position(row), let entry = input?.snapshot.cgroups[position],
            let hold = facts.hold(on: entry)
        {
            return "held: \(hold)"
        }
        if let guarded = input?.guarded[rows.cgroups[row].id], guarded.owns(value.key) {
            return "guard \(guarded.name) has it"
        }
        if let failure = value.failure { return "it could not be set: \(failure)" }
        if let told = value.told { return told }
        guard let outcome else { return "nothing wants it any more" }
        if outcome.isImpossible { return "conflicting requests; left unchanged" }
        if !outcome.against.isEmpty { return "the stricter of equal requests" }
        return value.wishes.count > 1 ? "highest layer" : "only request"
    }

    /// How often things happened since the engine began, and where each rule stands.
    package var metrics: PolicyMetrics {
        var metrics = counts
        for runtime in rules.sorted(by: { $0.rule.name < $1.rule.name }) {
            let name = runtime.rule.name
            if let reason = runtime.disabled {
                metrics.disabled.append((name, reason))
                continue
            }
            if let lack = lack(of: runtime) { metrics.disabled.append((name, lack)) }
            metrics.watched.append((name, runtime.order.count))
            metrics.firings.append((name, runtime.firingCount))
            metrics.vetoes.append((name, runtime.vetoCount))
            for row in runtime.order where runtime.states[row] != .idle {
                metrics.states.append(
                    PolicyMetrics.State(
                        rule: name, target: runtime.isAggregate ? nil : rows.cgroups[row].target,
                        state: runtime.states[row]))
            }
        }
        metrics.budgetHits = BudgetLedger.Item.allCases.map { ($0.text, budgetHits[$0.rawValue]) }
        metrics.numbers = sources.flatMap(\.numbers)
        for row in rows.rowAt {
            for value in holdings[row].values {
                let target = rows.cgroups[row].target
                if value.isOwed { metrics.owed.append((target, value.key)) }
                guard !value.wishes.isEmpty, let reason = value.failure else { continue }
                metrics.failing.append((target, value.key, reason))
            }
        }
        return metrics
    }

    /// Where a rule stands with a cgroup; nil if it does not look at it.
    package func state(of rule: String, on cgroup: CgroupID) -> RuleState? {
        guard let runtime = rules.first(where: { $0.rule.name == rule && $0.disabled == nil })
        else { return nil }
        if runtime.isAggregate { return runtime.states.first }
        guard let row = rows.row(of: cgroup), runtime.order.contains(row) else { return nil }
        return runtime.states[row]
    }
}
