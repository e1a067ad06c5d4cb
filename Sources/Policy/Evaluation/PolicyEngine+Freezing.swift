import CgroupModel
import PolicyLanguage

/// What rules keep frozen, for how long, and what then becomes of it.
extension PolicyEngine {
    /// How much longer than asked for a freeze lasts by itself whose end is a kill, which is done
    /// here.
    private static let killPatience = Duration.seconds(5)
    /// How long what waits for its kill is kept frozen at a time, and when that is renewed.
    private static let renewal = Duration.seconds(30)
    private static let renewBefore: UInt64 = 10_000_000_000

    /// How long a freeze lasts by itself.
    static func longest(_ timeout: Duration, _ onTimeout: FreezeTimeout) -> Duration {
        onTimeout == .kill ? timeout + killPatience : timeout
    }

    mutating func claim(
        _ place: Int, _ row: Int, _ timeout: Duration, _ onTimeout: FreezeTimeout
    ) {
        holdings[row].claims.append(
            FreezeClaim(
                rule: place, priority: rules[place].rule.priority, isDryRun: rules[place].isDryRun,
                since: now, deadline: now + timeout.nanoseconds, onTimeout: onTimeout,
                thawBy: now + Self.longest(timeout, onTimeout).nanoseconds))
    }

    /// Drops claims to a cgroup, and thaws it if no other is left.
    @discardableResult
    mutating func thaw(
        _ row: Int, _ cause: Cause, origin: Effect.Origin, chain: UInt64? = nil,
        _ isDropped: (FreezeClaim) -> Bool
    ) -> Effect.ID? {
        var id: Effect.ID?
        let dropped = holdings[row].claims.filter(isDropped)
        holdings[row].claims.removeAll(where: isDropped)
        for isDryRun in [false, true]
        where dropped.contains(where: { $0.isDryRun == isDryRun })
            && !holdings[row].claims.contains(where: { $0.isDryRun == isDryRun })
            && rows.position(row) != nil
        {
            id = emit(
                .thaw, origin, row, cause, chain: chain, isUndo: true, isDryRun: isDryRun)
        }
        return id
    }

    /// Ends freezes whose time is over; that depends on no sample.
    mutating func expireFreezes() {
        for row in rows.rowAt where !holdings[row].claims.isEmpty {
            for claim in holdings[row].claims where now >= claim.deadline {
                expire(claim, row)
            }
        }
    }

    private mutating func expire(_ claim: FreezeClaim, _ row: Int) {
        let place = claim.rule
        let time = Duration.nanoseconds(claim.deadline - claim.since)
        let cause = Cause("frozen for \(time.policyText)")
        if claim.onTimeout == .kill {
            switch refusal(ofKilling: row) {
            case nil:
                holdings[row].killedAt = now
                holdings[row].disruptedAt = now
                let chain = newChain()
                emit(
                    .kill(signal: "KILL", grace: .zero, force: true), rules[place].origin, row,
                    cause, chain: chain, isDryRun: claim.isDryRun, continuesOnError: true)
                thaw(row, cause, origin: rules[place].origin, chain: chain) { $0.rule == place }
            case .later(let reason): return keepFrozen(claim, row, reason, cause)
            case .never(let reason):
                if now < claim.deadline + Self.killPatience.nanoseconds {
                    return veto(place, row, "kill", reason)
                }
            }
        }
        let instanceRow = rules[place].isAggregate ? 0 : row
        guard var instance = rules[place].instances[instanceRow] else { return }
        let others = instance.targets.filter { $0 != row }
        if others.isEmpty {
            undo(place, instanceRow, &instance, nil, atOnce: true, note: cause.text)
        } else {
            release(place, row, cause)
            instance.targets = others
        }
        rules[place].instances[instanceRow] = instance
    }

    /// Keeps frozen what is to be killed as soon as the budget allows it, and tells people once.
    private mutating func keepFrozen(
        _ claim: FreezeClaim, _ row: Int, _ reason: String, _ cause: Cause
    ) {
        guard let index = holdings[row].claims.firstIndex(where: { $0.rule == claim.rule }) else {
            return
        }
        let origin = rules[claim.rule].origin
        if !claim.awaitsKill, reason.hasPrefix("budget") {
            holdings[row].claims[index].awaitsKill = true
            veto(claim.rule, row, "kill", reason)
            emit(
                .notify(
                    sinks: ["journald"], level: .warning,
                    text: "\(rules[claim.rule].rule.name) on \(rows.cgroups[row].path): stays "
                        + "frozen until it can be killed; \(reason)"),
                origin, row, cause, isDryRun: claim.isDryRun)
        }
        let isNear = claim.thawBy < now + Self.renewBefore
        guard isNear, holdings[row].disruptedAt != now else { return }
        if !claim.isDryRun { holdings[row].disruptedAt = now }
        holdings[row].claims[index].thawBy = now + Self.renewal.nanoseconds
        emit(
            .freeze(deadline: Self.renewal), origin, row, cause, isDryRun: claim.isDryRun)
    }

    /// Whether a rule keeps something frozen until it can be killed.
    func awaitsKill(_ place: Int, _ row: Int, _ instance: RuleRuntime.Instance) -> Bool {
        (instance.targets + (rules[place].isAggregate ? [] : [row])).contains { target in
            holdings[target].claims.contains { $0.rule == place && $0.awaitsKill }
        }
    }

    private enum KillRefusal {
        /// It will be allowed, and until then it stays frozen.
        case later(String)
        case never(String)
    }

    /// Why a cgroup that was frozen for too long is not killed; nil, and the budget is spent, if
    /// it is.
    private mutating func refusal(ofKilling row: Int) -> KillRefusal? {
        guard document.defaults.allowsKill else { return .never("killing is not allowed") }
        guard let position = rows.position(row), let entry = input?.snapshot.cgroups,
            position < entry.count
        else { return .never("gone") }
        if let hold = facts.hold(on: entry[position]) { return .never("held: \(hold)") }
        if let reason = facts.refusal(of: .kill, on: entry[position]) {
            return .never("protected: \(reason)")
        }
        guard holdings[row].disruptedAt != now else { return .later("superseded") }
        let need = BudgetLedger.Need(kills: 1)
        guard let item = budgets.spend(need, on: rows.cgroups[row].id, at: now) else { return nil }
        budgetHits[item.rawValue] += 1
        let kill = document.budgets.kill
        return .later("budget: \(item.text) (\(kill.count)/\(kill.period.policyText))")
    }
}
