import CgroupModel
import PolicyLanguage

/// Decides which of the rules that are due may act.
extension PolicyEngine {
    /// Runs the candidates that are allowed, in the order of the rules.
    ///
    /// If several would disrupt one cgroup, the highest priority acts. Among equals a freeze goes
    /// before a kill, which cannot be undone, and a kill before a reclaim.
    mutating func fire(_ candidates: [Candidate]) {
        guard !candidates.isEmpty else { return }
        let targets = candidates.map { rules.targets(of: $0, matcher, measurements, sight) }
        var wanted: [Row: [RuleIndex]] = [:]
        for (candidate, rows) in zip(candidates, targets) {
            for row in rows { wanted[row, default: []].append(candidate.rule) }
        }
        var allowed = Array(repeating: [Row](), count: candidates.count)
        var refusals: [Gate.Refusal?] = Array(repeating: nil, count: candidates.count)
        let order = candidates.indices.sorted {
            let (left, right) = (rank(candidates[$0]), rank(candidates[$1]))
            return left == right ? $0 < $1 : left < right
        }
        for index in order {
            let rule = candidates[index].rule
            let most = rules[rule].mostTargets
            if targets[index].isEmpty { refusals[index] = .nothing("no cgroup reaches min_gain") }
            for row in targets[index] {
                if let refusal = refusal(rule, row, wanted[row] ?? []) {
                    refusals[index] = refusals[index] ?? refusal
                } else if allowed[index].count < most {
                    allowed[index].append(row)
                    takeTurn(rule, row)
                }
                if allowed[index].count == most { break }
            }
        }
        for (index, candidate) in candidates.enumerated() {
            for row in allowed[index] { announce(candidate.rule, row) }
        }
        for (index, candidate) in candidates.enumerated() {
            if allowed[index].isEmpty {
                let refusal = refusals[index] ?? .superseded("superseded")
                block(candidate, refusal, first: targets[index].first)
            } else {
                begin(candidate, allowed[index])
            }
        }
    }

    /// Sorts by priority, highest first, then by kind of disruption, freeze first.
    private func rank(_ candidate: Candidate) -> (Int, Int) {
        let rule = rules[candidate.rule].rule
        let place =
            switch rule.disruption {
            case .freeze: 0
            case .kill: 1
            case .reclaim: 2
            default: 3
            }
        return (-rule.priority, place)
    }

    /// Adds the requests of a rule before any are written, so that rules of equal priority are
    /// compared in one tick.
    ///
    /// Steps that wait for a disruptive one are left out.
    private mutating func announce(_ rule: RuleIndex, _ row: Row) {
        let cause = Cause(rules[rule].when.text)
        var disturbances = 0
        for (index, action) in rules[rule].rule.actions.enumerated() {
            disturbances += action.kind.disturbance == nil ? 0 : 1
            if disturbances > 1 { return }
            for (key, request) in requests(rule, row, index, cause) {
                values.request(request, of: key, row, isDryRun: rules[rule].isDryRun)
            }
        }
    }

    /// Records that a rule will act disruptively on a cgroup in this tick.
    private mutating func takeTurn(_ rule: RuleIndex, _ row: Row) {
        guard !rules[rule].isDryRun, let disruption = rules[rule].rule.disruption else { return }
        gate.takeTurn(
            row, at: sight.now, kills: disruption == .kill, freezes: disruption == .freeze)
    }

    private mutating func begin(_ candidate: Candidate, _ targets: [Row]) {
        let rule = candidate.rule
        guard let program = rules.begin(candidate, targets, sight, measurements, &trail) else {
            return
        }
        let cause = measurements.cause(program, row: candidate.row)
        for row in targets {
            run(
                Chain(
                    rule: rule, row: row, number: outbox.newChain(), cause: cause,
                    actions: rules[rule].rule.actions))
        }
    }

    private mutating func block(_ candidate: Candidate, _ refusal: Gate.Refusal, first: Row?) {
        let rule = candidate.rule
        let row = rules[rule].isAggregate ? first : candidate.row
        let isNews = rules.block(candidate, refusal.text, row, sight, measurements, &trail)
        guard isNews, let row, case .protected = refusal else { return }
        let cause = measurements.cause(rules[rule].when, row: candidate.row)
        for action in rules[rule].rule.actions {
            tell(rule, row, action.kind, cause, veto: refusal.text)
        }
    }

    // MARK: Refusals

    /// Returns why a rule must not act on a cgroup now; nil, with its budgets spent, if it may.
    private mutating func refusal(
        _ rule: RuleIndex, _ row: Row, _ others: [RuleIndex]
    ) -> Gate.Refusal? {
        guard let entry = sight.entry(row) else { return .nothing("gone") }
        let isDisruptive = rules[rule].rule.disruption != nil
        let rivalry = isDisruptive ? rivalry(rule, row, others) : nil
        let refusal = gate.pass(
            Gate.Request(
                actions: disruptions(rule, row), takesTurn: isDisruptive,
                superseded: rivalry?.reason, need: need(rule, row),
                isTried: rules[rule].isDryRun), row, entry, sight.facts, at: sight.now)
        switch refusal {
        case .turnTaken:
            if let rival = equal(rule, others) { conflict(rule, rival, row) }
        case .superseded:
            if let rival = rivalry?.equal { conflict(rule, rival, row) }
        default: break
        }
        return refusal
    }

    /// Why a disruptive rule must yield.
    private struct Rivalry {
        var reason: String
        /// A rule of the same priority that is less disruptive.
        var equal: RuleIndex?
    }

    private func rivalry(
        _ rule: RuleIndex, _ row: Row, _ others: [RuleIndex]
    ) -> Rivalry? {
        if let guarded = sight.guarded(row), guarded.isFrozen {
            return Rivalry(reason: "superseded: guard \(guarded.name) controls it")
        }
        if let ancestor = disturbedAncestor(row) {
            return Rivalry(reason: "superseded: \(sight.path(ancestor)) is frozen or killed")
        }
        switch rules[rule].rule.disruption {
        case .freeze:
            if sight.isFrozen(row) == true, !freezes.isFrozen(row) {
                return Rivalry(reason: "it is frozen by another program")
            }
            return thawingRival(rule, row, others)
        case .kill: return freezingRival(rule, row, others)
        default: return nil
        }
    }

    /// Finds a rule of higher priority that keeps the cgroup thawed.
    private func thawingRival(
        _ rule: RuleIndex, _ row: Row, _ others: [RuleIndex]
    ) -> Rivalry? {
        let rivals = freezes.thawing(row) + others.filter { rules[$0].rule.thaws }
        let priority = rules[rule].rule.priority
        return rivals.first { $0 != rule && rules[$0].rule.priority > priority }.map {
            Rivalry(reason: "superseded: \(rules[$0].rule.name) requests that it is not frozen")
        }
    }

    /// Finds a rule of at least the same priority that only freezes the cgroup.
    private func freezingRival(
        _ rule: RuleIndex, _ row: Row, _ others: [RuleIndex]
    ) -> Rivalry? {
        let rivals =
            freezes.claims(row).filter { !$0.isDryRun }.map(\.rule)
            + others.filter { rules[$0].rule.disruption == .freeze }
        let priority = rules[rule].rule.priority
        return rivals.first { $0 != rule && rules[$0].rule.priority >= priority }.map {
            Rivalry(
                reason: "superseded: \(rules[$0].rule.name) only freezes it",
                equal: rules[$0].rule.priority == priority ? $0 : nil)
        }
    }

    private func equal(_ rule: RuleIndex, _ others: [RuleIndex]) -> RuleIndex? {
        others.first { other in
            other != rule && rules[other].rule.priority == rules[rule].rule.priority
                && rules[other].rule.disruption != nil
                && rules[other].rule.disruption != rules[rule].rule.disruption
        }
    }

    private mutating func conflict(_ rule: RuleIndex, _ rival: RuleIndex, _ row: Row) {
        guard rules.instance(rule, rules.stateRow(rule, row))?.reason == nil else { return }
        trail.record(
            .conflict, rules[rule].origin, sight.target(row),
            note: "\(rules[rival].rule.name) has the same priority and is less disruptive")
    }

    private func disturbedAncestor(_ row: Row) -> Row? {
        guard let cgroups = sight.input?.snapshot.cgroups else { return nil }
        var place = sight.rows.position(row).flatMap { cgroups[$0].parent }
        while let here = place {
            let row = sight.rows.rowAt[here]
            if freezes.isFrozen(row) || gate.isDisturbed(row, at: sight.now) { return row }
            place = cgroups[here].parent
        }
        return nil
    }

    // MARK: Needs

    /// Returns the disruptive actions of a rule's steps on a cgroup.
    private func disruptions(_ rule: RuleIndex, _ row: Row) -> [DisruptiveAction] {
        var found: [DisruptiveAction] = []
        for (index, action) in rules[rule].rule.actions.enumerated() {
            var kinds = action.kind.disturbance.map { [$0] } ?? []
            if case .freeze(_, .kill) = action.kind { kinds.append(.kill) }
            for wanted in assignments(rule, row, index) {
                let current = values.current(wanted.key, row, sight)
                if let kind = wanted.key.disruption(from: current, to: wanted.value) {
                    kinds.append(kind)
                }
            }
            for kind in kinds where !found.contains(kind) { found.append(kind) }
        }
        return found
    }

    private func need(_ rule: RuleIndex, _ row: Row) -> BudgetLedger.Need {
        var need = BudgetLedger.Need()
        for (index, action) in rules[rule].rule.actions.enumerated() {
            switch action.kind {
            case .set, .scale, .pin: need.writes += isWritten(rule, row, index) ? 1 : 0
            case .freeze: need.freezes += 1
            case .kill: need.kills += 1
            case .hook: need.hooks += 1
            case .thaw, .reclaim, .notify, .log: break
            }
        }
        return need
    }

    /// Whether a step would change a value, so that it counts against the write budget.
    private func isWritten(_ rule: RuleIndex, _ row: Row, _ index: Int) -> Bool {
        assignments(rule, row, index).contains { wanted in
            values.current(wanted.key, row, sight) != wanted.value
        }
    }
}
