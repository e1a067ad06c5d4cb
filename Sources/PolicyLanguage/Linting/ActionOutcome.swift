import CgroupModel

/// The direction in which an action moves the metrics of a condition.
private struct Push {
    /// Whether everything is frozen.
    var stops = false
    /// Metrics that fall, and metrics that rise.
    var falling: Set<String> = []
    var rising: Set<String> = []

    init(_ action: RuleAction.Kind) {
        switch action {
        case .freeze: stops = true
        case .reclaim: falling = Push.usage["memory.max"] ?? []
        case .scale(let scaling):
            if scaling.factor < 1 || scaling.base == .usage { lower(scaling.key.name) }
            if scaling.factor > 1, scaling.base == .current { raise(scaling.key.name) }
        case .set(let settings):
            // It is unknown whether a fixed value is more or less than the previous one.
            for case .limit(let key, _) in settings {
                lower(key.name)
                raise(key.name)
            }
        default: break
        }
    }

    private mutating func lower(_ limit: String) {
        falling.formUnion(Push.usage[limit] ?? [])
    }

    private mutating func raise(_ limit: String) {
        rising.formUnion([limit] + (Push.effective[limit] ?? []))
        falling.formUnion(Push.complaints[limit] ?? [])
    }

    /// The metrics that a limit bounds.
    fileprivate static let usage: [String: Set<String>] = {
        let memory: Set<String> = ["memory.current", "memory.file", "memory.anon"]
        return [
            "memory.max": memory, "memory.high": memory, "memory.soft_limit": memory,
            "cpu.max": [
                "cpu.usage_usec", "cpu.usage_usec.rate", "cpu.user_usec", "cpu.user_usec.rate",
                "cpu.system_usec", "cpu.system_usec.rate",
            ],
            "io.max.rbps": ["io.rbytes.rate", "io.rbytes"],
            "io.max.wbps": ["io.wbytes.rate", "io.wbytes"],
            "io.max.riops": ["io.rios.rate", "io.rios"],
            "io.max.wiops": ["io.wios.rate", "io.wios"],
        ]
    }()
    /// The metrics that follow a limit.
    private static let effective: [String: [String]] = [
        "memory.max": ["memory.limit", "memory.max.effective"], "cpu.max": ["cpu.limit"],
    ]
    /// The counters that stop rising when a limit is high enough.
    private static let complaints: [String: Set<String>] = [
        "cpu.max": ["cpu.throttled.ratio", "cpu.throttled_usec"],
        "pids.max": ["pids.events.max"],
        "memory.max": ["memory.events.max", "memory.events.oom", "memory.events.oom_kill"],
        "memory.high": ["memory.events.high"], "memory.soft_limit": ["memory.events.high"],
    ]

    func lets(fall term: MetricTerm) -> Bool {
        guard term.scope == .own else { return false }
        let moves = term.isPressure || PolicyVocabulary.metric(of: term)?.isCounter == true
        return falling.contains(term.name) || stops && moves
    }

    func lets(rise term: MetricTerm) -> Bool {
        term.scope == .own && rising.contains(term.name)
    }

    func lets(fall expression: Expression) -> Bool {
        switch expression {
        case .call(.slope, let term, _) where stops && term.scope == .own: true
        case .arithmetic(let left, _, let right): lets(fall: left) || lets(fall: right)
        default: expression.terms.contains { lets(fall: $0) }
        }
    }

    func lets(rise expression: Expression) -> Bool {
        expression.terms.contains { lets(rise: $0) }
    }
}

extension Condition {
    /// Returns whether an action makes the condition true or false; nil if it has no known
    /// influence.
    func outcome(of action: RuleAction.Kind) -> Bool? { outcome(Push(action)) }

    private func outcome(_ push: Push) -> Bool? {
        outcome { part in
            switch part {
            case .comparison(let left, let comparison, let right):
                guard let (more, less) = comparison.sides(left, right) else { return nil }
                if push.lets(fall: more) || push.lets(rise: less) { return false }
                return push.lets(fall: less) || push.lets(rise: more) ? true : nil
            case .increased(let term, _): return push.lets(fall: term) ? false : nil
            case .flag(let term):
                return push.stops && term == MetricTerm("cgroup.frozen") ? true : nil
            default: return nil
            }
        }
    }

    /// Combines the results of the parts.
    fileprivate func outcome(_ part: (Condition) -> Bool?) -> Bool? {
        switch self {
        case .comparison, .increased, .missing, .flag, .happened: return part(self)
        case .not(let inner): return inner.outcome(part).map { !$0 }
        case .all(let parts):
            let outcomes = parts.map { $0.outcome(part) }
            if outcomes.contains(false) { return false }
            return outcomes.allSatisfy { $0 == true } ? true : nil
        case .any(let parts):
            let outcomes = parts.map { $0.outcome(part) }
            if outcomes.contains(true) { return true }
            return outcomes.allSatisfy { $0 == false } ? false : nil
        }
    }
}

extension ComparisonOperator {
    /// Returns the side that must be greater, and the one that must be less; nil for equality.
    fileprivate func sides<Side>(_ left: Side, _ right: Side) -> (more: Side, less: Side)? {
        switch self {
        case .greater, .atLeast: (left, right)
        case .less, .atMost: (right, left)
        case .equal, .notEqual: nil
        }
    }
}

extension Condition {
    /// Whether an action that `when` starts makes this condition true, so that it ends
    /// the action immediately.
    func isMet(by action: RuleAction.Kind, after when: Condition) -> Bool {
        switch action {
        case .freeze: outcome(of: action) == true
        case .scale(let scaling) where scaling.base == .current && scaling.factor > 1:
            outcome(of: action) == true
        case .scale(let scaling) where scaling.base == .usage && scaling.factor < 1:
            isMet(below: when.ceilings(of: scaling))
        case .set(let settings): isMet(below: Self.ceilings(of: settings))
        default: false
        }
    }

    /// Whether the condition is true once metrics are at most `ceilings`, in units of their limits.
    private func isMet(below ceilings: [String: Double]) -> Bool {
        outcome { part in
            guard let (term, number, wantsLess) = part.bound, let ceiling = ceilings[term.name],
                term.scope == .own, number >= ceiling
            else { return nil }
            return wantsLess
        } == true
    }

    /// A metric that is compared with a number, in the unit of its limit.
    private var bound: (term: MetricTerm, number: Double, wantsLess: Bool)? {
        guard case .comparison(let left, let comparison, let right) = self,
            let (more, less) = comparison.sides(left, right)
        else { return nil }
        if let term = less.level, let number = more.limitNumber { return (term, number, true) }
        if let term = more.level, let number = less.limitNumber { return (term, number, false) }
        return nil
    }

    /// The bounds of metrics by fixed limits.
    private static func ceilings(of settings: [Setting]) -> [String: Double] {
        var ceilings: [String: Double] = [:]
        for case .limit(let key, let value) in settings {
            guard let number = value.number else { continue }
            for name in Push.usage[key.name] ?? [] {
                ceilings[name] = min(ceilings[name] ?? .infinity, Double(number))
            }
        }
        return ceilings
    }

    /// The bounds of metrics by a share of the usage at which this condition starts an action.
    private func ceilings(of scaling: Scaling) -> [String: Double] {
        let parts = if case .all(let parts) = self { parts } else { [self] }
        var ceilings: [String: Double] = [:]
        for case let (term, number, false)? in parts.map(\.bound)
        where Push.usage[scaling.key.name]?.contains(term.name) == true && term.scope == .own {
            let least = scaling.least?.number.map { Double($0) } ?? 0
            // The usage is above the number, so the bound is above its share.
            ceilings[term.name] = max((number * scaling.factor).nextUp, least)
        }
        return ceilings
    }
}

extension Expression {
    /// The metric whose level this is, now or over a window.
    fileprivate var level: MetricTerm? {
        switch self {
        case .metric(let term), .call(.avg, let term, _), .call(.max, let term, _),
            .call(.min, let term, _), .call(.rate, let term, _):
            term
        default: nil
        }
    }

    /// A number in the unit of the limit: CPUs in millionths.
    fileprivate var limitNumber: Double? {
        guard case .literal(let number, let unit) = self else { return nil }
        return unit == .cpus ? number * 1e6 : number
    }
}
