import CgroupModel
import Configuration

extension PolicyLinter {
    mutating func lint(_ rule: Rule) {
        let places = places
        let place = { (key: String) in places["rules/\(rule.name)/\(key)"] ?? rule.position }
        lintEvidence(rule, place(rule.event == nil ? "when" : "on_event"))
        lintEnding(rule, place)
        lintUntil(rule, place)
        lintScope(rule, place)
        lintAggregation(rule, place)
        lintRequirements(rule, place("requires"))
        lintWindows(rule, place("when"))
        lintSight(rule, place("when"))
        lintEvent(rule, place("on_event"))
    }

    /// Pressure alone must not trigger disruptive actions: it is high on healthy hosts, too.
    private mutating func lintEvidence(_ rule: Rule, _ place: ConfigPosition) {
        guard let verb = rule.actions.lazy.compactMap(\.kind.arrest).first else { return }
        if rule.when.grounds.contains(.pressure) {
            note(
                .psiOnly, place,
                "rule '\(rule.name)' would \(verb) on pressure alone; combine it with usage, swap, "
                    + "or available memory")
        }
        let pressure = rule.when.terms.filter(\.isPressure)
        if !pressure.isEmpty, pressure.allSatisfy({ $0.name.contains(".some.") }) {
            note(
                .someOnly, place,
                "rule '\(rule.name)' would \(verb) on pressure of some tasks; use full, pressure "
                    + "of all tasks")
        }
    }

    /// A rule that starts again after less than this counts as a loop.
    private static let shortestCycle = Duration.seconds(60)

    /// Finds an `until` that the rule's own action makes true, so that it ends immediately and
    /// starts again.
    private mutating func lintUntil(_ rule: Rule, _ place: (String) -> ConfigPosition) {
        let cycle = rule.holdTime + rule.clearTime + rule.cooldown
        guard places["rules/\(rule.name)/until"] != nil, rule.victims == nil,
            rule.undoing == .restore, cycle < Self.shortestCycle,
            let action = rule.actions.first(where: {
                rule.until.isMet(by: $0.kind, after: rule.when)
            })
        else { return }
        note(
            .selfSatisfied, place("until"),
            "the \(action.kind.name) of rule '\(rule.name)' makes its 'until' true: it would be undone "
                + "and start again every \(DurationText.text(cycle)); use a metric that it does "
                + "not change, or a longer cooldown: 1m")
    }

    private mutating func lintEnding(_ rule: Rule, _ place: (String) -> ConfigPosition) {
        let isDerived = places["rules/\(rule.name)/until"] == nil
        for (index, action) in rule.actions.enumerated() {
            let step = place("do/\(index)/\(action.kind.name)")
            if case .freeze(_, let onTimeout) = action.kind {
                if rule.longestActive == nil {
                    note(
                        .freezeWithoutEnd, step,
                        "rule '\(rule.name)' freezes and needs max_active")
                }
                if onTimeout == .kill, !document.defaults.allowsKill {
                    noteKill(rule, step)
                }
            }
            if case .kill = action.kind, !document.defaults.allowsKill { noteKill(rule, step) }
            guard rule.victims == nil, rule.when.outcome(of: action.kind) == false else { continue }
            if isDerived, rule.undoing != .keep {
                let isFreeze = action.kind.disturbance == .freeze
                note(
                    isFreeze ? .freezeDerivedUntil : .selfSatisfied, step,
                    "rule '\(rule.name)' has no until, and its \(action.kind.name) makes 'when' "
                        + "false: it would be undone immediately and start again; add until")
            }
            if rule.repetition != nil, places["rules/\(rule.name)/repeat/while"] == nil {
                note(
                    .repeatSilenced, place("repeat"),
                    "rule '\(rule.name)' never repeats: its \(action.kind.name) makes 'when' "
                        + "false; add while")
            }
        }
    }

    private mutating func noteKill(_ rule: Rule, _ place: ConfigPosition) {
        note(
            .killNotAllowed, place,
            "rule '\(rule.name)' may kill; add allow_kill: true to defaults to allow that")
    }

    private mutating func lintScope(_ rule: Rule, _ place: (String) -> ConfigPosition) {
        if rule.scope == .each, rule.victims != nil {
            note(.value, place("victims"), "victims needs scope: aggregate")
        }
        guard rule.scope == .aggregate, rule.victims == nil,
            let verb = rule.actions.lazy.compactMap(\.kind.arrest).first
        else { return }
        note(
            .noVictims, place("scope"),
            "rule '\(rule.name)' would \(verb) all members at once; select with victims")
    }

    /// Finds metrics that are undefined for several cgroups.
    private mutating func lintAggregation(_ rule: Rule, _ place: (String) -> ConfigPosition) {
        let parts = [
            ("when", rule.when.terms), ("until", rule.until.terms),
            ("repeat/while", rule.repetition?.condition.terms ?? []),
        ]
        var noted: Set<MetricTerm> = []
        for (key, terms) in parts {
            for term in terms where noted.insert(term).inserted {
                let name: String?
                switch term.scope {
                case .own: name = rule.scope == .aggregate ? rule.group : nil
                case .group(let group): name = group
                case .host: name = nil
                }
                guard let name, document.group(name)?.mayHaveSeveral ?? false,
                    PolicyVocabulary.metric(of: term)?.aggregation == PolicyMetric.Aggregation.none
                else { continue }
                note(
                    .aggregation, place(key),
                    "\(term) is undefined for several cgroups, and group '\(name)' may have them; "
                        + "use scope: each, a group of one path, or another metric")
            }
        }
    }

    private mutating func lintRequirements(_ rule: Rule, _ place: ConfigPosition) {
        let modes = rule.requirements.compactMap { HierarchyMode(rawValue: $0.rawValue) }
        if Set(modes).count > 1 {
            note(
                .impossible, place,
                "no host is \(modes.map(\.rawValue).joined(separator: " and ")) at once")
        }
        guard Set(modes).count == 1, let mode = modes.first else { return }
        for term in rule.when.terms {
            guard let obstacle = PolicyVocabulary.obstacle(to: term, on: mode) else { continue }
            note(.impossible, place, "rule '\(rule.name)' can never be true: \(obstacle)")
        }
    }

    /// Finds windows that are too short for a slope, which needs three samples.
    private mutating func lintWindows(_ rule: Rule, _ place: ConfigPosition) {
        let shortest = document.defaults.interval * 3
        for case .call(.slope, let term, let window) in rule.when.expressions
        where window < shortest {
            note(
                .shortWindow, place,
                "slope(\(term), \(DurationText.text(window))) never has the three samples it needs; use "
                    + "\(DurationText.text(shortest)) or more")
        }
    }
}

extension RuleAction.Kind {
    /// The verb of a disruptive action; nil for others.
    fileprivate var arrest: String? {
        switch self {
        case .freeze, .kill: name
        default: nil
        }
    }
}

extension MetricTerm {
    /// Whether it is a metric of usage, which justifies a disruptive action: neither pressure, nor
    /// a property of the cgroup, nor the time of day.
    fileprivate var isEvidence: Bool {
        !isPressure && !["cgroup.populated", "cgroup.age", "cgroup.frozen"].contains(name)
            && self != MetricTerm("time", of: .host)
    }
}

/// What can make a condition true without a metric of usage.
private struct Grounds: OptionSet {
    let rawValue: Int

    static let pressure = Grounds(rawValue: 1)
    /// Such as an age or a time of day.
    static let other = Grounds(rawValue: 2)

    init(rawValue: Int) { self.rawValue = rawValue }

    /// Only events about a reached limit show usage.
    init(_ trigger: EventTrigger) {
        let reached: Set<EventKind> = [.oom, .oomKill, .limitHit, .throttled]
        self = []
        for kind in trigger.kinds where !reached.contains(kind) {
            insert(kind == .pressure ? .pressure : .other)
        }
    }

    init(_ terms: [MetricTerm]) {
        if terms.contains(where: \.isEvidence) {
            self = []
        } else {
            self = terms.contains(where: \.isPressure) ? .pressure : .other
        }
    }
}

extension Condition {
    fileprivate var grounds: Grounds { grounds(isNegated: false) }

    private func grounds(isNegated: Bool) -> Grounds {
        switch self {
        case .comparison(let left, _, let right): return Grounds(left.terms + right.terms)
        case .increased(let term, _): return Grounds([term])
        case .missing, .flag: return .other
        case .happened(let trigger): return Grounds(trigger)
        case .not(let part): return part.grounds(isNegated: !isNegated)
        case .all(let parts): return isNegated ? Self.any(parts, true) : Self.all(parts, false)
        case .any(let parts): return isNegated ? Self.all(parts, true) : Self.any(parts, false)
        }
    }

    private static func any(_ parts: [Condition], _ isNegated: Bool) -> Grounds {
        parts.reduce([]) { $0.union($1.grounds(isNegated: isNegated)) }
    }

    private static func all(_ parts: [Condition], _ isNegated: Bool) -> Grounds {
        let grounds = parts.map { $0.grounds(isNegated: isNegated) }
        guard grounds.allSatisfy({ !$0.isEmpty }) else { return [] }
        let isOther = grounds.allSatisfy { $0.contains(.other) }
        let isPressure = grounds.contains { $0.contains(.pressure) }
        return (isOther ? .other : Grounds()).union(isPressure ? .pressure : [])
    }

    /// The expressions that are compared, each with its subexpressions.
    var expressions: [Expression] {
        switch self {
        case .comparison(let left, _, let right): left.parts + right.parts
        case .increased, .missing, .flag, .happened: []
        case .all(let parts), .any(let parts): parts.flatMap(\.expressions)
        case .not(let part): part.expressions
        }
    }
}

extension Expression {
    /// The expression and its subexpressions.
    fileprivate var parts: [Expression] {
        guard case .arithmetic(let left, _, let right) = self else { return [self] }
        return [self] + left.parts + right.parts
    }
}

extension CgroupGroup {
    /// Whether its patterns may match more than one cgroup.
    fileprivate var mayHaveSeveral: Bool {
        func isOpen(_ text: String) -> Bool { text.contains { "*?[{".contains($0) } }
        if paths.count == 1 { return isOpen(paths[0].description) }
        return paths.count > 1 || unit.map { isOpen($0.description) } ?? true
    }
}
