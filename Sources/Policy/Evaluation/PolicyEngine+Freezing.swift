import CgroupModel
import PolicyLanguage

/// Ends freezes.
extension PolicyEngine {
    /// Drops claims to a cgroup, and thaws it when the last one is dropped.
    @discardableResult
    mutating func thaw(
        _ row: Row, _ cause: Cause, origin: Effect.Origin, chain: UInt64? = nil,
        _ isDropped: (FreezeClaim) -> Bool
    ) -> Effect.ID? {
        var id: Effect.ID?
        for isDryRun in freezes.drop(row, where: isDropped)
        where sight.rows.position(row) != nil {
            id = emit(.thaw, origin, row, cause, chain: chain, isUndo: true, isDryRun: isDryRun)
        }
        return id
    }

    /// Ends expired freezes; expiry does not depend on samples.
    mutating func expireFreezes() {
        for row in sight.rows.rowAt {
            for claim in freezes.expired(row, at: sight.now) { expire(claim, row) }
        }
    }

    private mutating func expire(_ claim: FreezeClaim, _ row: Row) {
        let rule = claim.rule
        let cause = Cause("frozen for \(claim.timeout.policyText)")
        if claim.onTimeout == .kill {
            switch refusalOfKill(row) {
            case nil:
                let origin = rules[rule].origin
                gate.takeTurn(row, at: sight.now, kills: true)
                let chain = outbox.newChain()
                emit(
                    .kill(signal: "KILL", grace: .zero, force: true), origin, row, cause,
                    chain: chain, isDryRun: claim.isDryRun, continuesOnError: true)
                thaw(row, cause, origin: origin, chain: chain) { $0.rule == rule }
            case .turnTaken, .superseded, .hung: return keepFrozen(claim, row, nil, cause)
            case .budget(let item):
                let kill = document.budgets.kill
                let reason =
                    "budget: \(item.text) (\(kill.count)/\(kill.period.policyText))"
                return keepFrozen(claim, row, reason, cause)
            case .some(let refusal):
                if sight.now < claim.deadline + FreezeClaim.killPatience.nanoseconds {
                    return veto(rule, row, "kill", refusal.text)
                }
            }
        }
        let stateRow = rules.stateRow(rule, row)
        guard let instance = rules.instance(rule, stateRow) else { return }
        if instance.targets.allSatisfy({ $0 == row }) {
            undo(rule, stateRow, RuleRuntime.Ending(atOnce: true, note: cause.text))
        } else {
            release(rule, row, cause)
            rules.dropTarget(rule, stateRow, row)
        }
    }

    /// Returns why a cgroup must not be killed at the end of its freeze; nil, with the budget
    /// spent, if it may.
    private mutating func refusalOfKill(_ row: Row) -> Gate.Refusal? {
        guard let entry = sight.entry(row) else { return .nothing("gone") }
        return gate.pass(
            Gate.Request(
                actions: [.kill], takesTurn: true, need: BudgetLedger.Need(kills: 1)), row, entry,
            sight.facts, at: sight.now)
    }

    /// Keeps a cgroup frozen until it can be killed, and notifies once if the budget is the reason.
    private mutating func keepFrozen(
        _ claim: FreezeClaim, _ row: Row, _ exhausted: String?, _ cause: Cause
    ) {
        guard freezes.isClaimed(row, by: claim.rule) else { return }
        let origin = rules[claim.rule].origin
        if let exhausted, !claim.awaitsKill {
            freezes.awaitKill(row, claim.rule)
            veto(claim.rule, row, "kill", exhausted)
            emit(
                .notify(
                    sinks: ["journald"], level: .warning,
                    text: "\(rules[claim.rule].rule.name) on \(sight.path(row)): stays frozen "
                        + "until it can be killed; \(exhausted)"),
                origin, row, cause, isDryRun: claim.isDryRun)
        }
        guard claim.isEnding(at: sight.now), !gate.isTurnTaken(row, at: sight.now) else { return }
        if !claim.isDryRun { gate.takeTurn(row, at: sight.now) }
        freezes.renew(row, claim.rule, at: sight.now)
        emit(
            .freeze(deadline: FreezeClaim.renewal), origin, row, cause, isDryRun: claim.isDryRun)
    }

    /// Whether a rule keeps a cgroup frozen until it can be killed.
    func awaitsKill(_ rule: RuleIndex, _ row: Row) -> Bool {
        guard rules[rule].rule.longestActive != nil else { return false }
        let targets = rules.instance(rule, row)?.targets ?? []
        return (targets + (rules[rule].isAggregate ? [] : [row])).contains {
            freezes.awaitsKill($0, rule)
        }
    }

    /// Accepts that another program thawed a cgroup that a rule froze, and starts the rule's
    /// cooldown.
    mutating func noticeThaw(_ row: Row) {
        guard let isFrozen = sight.isFrozen(row) else { return }
        for claim in freezes.observe(row, isFrozen: isFrozen) {
            trail.record(
                .drift, rules[claim.rule].origin, sight.target(row), action: "freeze",
                note: "thawed by another program: left thawed")
            rest(claim.rule, rules.stateRow(claim.rule, row), "thawed by another program")
        }
    }

    /// Ends a freeze that failed or could not be renewed.
    mutating func endFreeze(_ rule: RuleIndex, _ row: Row, _ effect: Effect) {
        if freezes.awaitsKill(row, rule) {
            thaw(row, effect.cause, origin: effect.origin) { $0.rule == rule }
            return rest(rule, rules.stateRow(rule, row), "it could not be kept frozen")
        }
        _ = freezes.drop(row) { $0.rule == rule }
        if freezes.owesThaw(row) { thawAgain(effect, row) }
    }

    /// Retries a thaw, unless a rule has frozen the cgroup again.
    mutating func thawAgain(_ effect: Effect, _ row: Row) {
        guard !freezes.isClaimed(row, isDryRun: effect.isDryRun) else { return }
        emit(.thaw, effect.origin, row, effect.cause, isUndo: true, isDryRun: effect.isDryRun)
    }
}
