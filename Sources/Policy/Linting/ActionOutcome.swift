import CgroupModel

/// Which way an action pushes what a condition looks at.
private struct Push {
    /// Whether all that moves comes to rest.
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
            // Whether a fixed value is more or less than what was there is not known.
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

    /// What a limit holds down.
    private static let usage: [String: Set<String>] = {
        let memory: Set<String> = ["memory.usage", "memory.file", "memory.anon"]
        return [
            "memory.max": memory, "memory.high": memory, "memory.soft": memory,
            "cpu.max": [
                "cpu.usage", "cpu.user", "cpu.system", "cpu.usage_usec", "cpu.user_usec",
                "cpu.system_usec",
            ],
            "io.max.rbps": ["io.read_rate", "io.rbytes"],
            "io.max.wbps": ["io.write_rate", "io.wbytes"],
            "io.max.riops": ["io.read_ops", "io.rios"],
            "io.max.wiops": ["io.write_ops", "io.wios"],
        ]
    }()
    /// What follows a limit.
    private static let effective: [String: [String]] = [
        "memory.max": ["memory.limit", "memory.max.effective"], "cpu.max": ["cpu.limit"],
    ]
    /// What ends when a limit is wide enough.
    private static let complaints: [String: Set<String>] = [
        "cpu.max": ["cpu.throttled_ratio", "cpu.throttled_time", "cpu.throttled_usec"],
        "pids.max": ["pids.forks_failed", "pids.events.max"],
        "memory.max": ["memory.max_events", "memory.oom_events", "memory.oom_kills"],
        "memory.high": ["memory.high_events"], "memory.soft": ["memory.high_events"],
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
    /// What an action makes of a condition by itself: true, false, or nil for neither.
    func outcome(of action: RuleAction.Kind) -> Bool? { outcome(Push(action)) }

    private func outcome(_ push: Push) -> Bool? {
        switch self {
        case .comparison(let left, let comparison, let right):
            let (more, less): (Expression, Expression)
            switch comparison {
            case .greater, .atLeast: (more, less) = (left, right)
            case .less, .atMost: (more, less) = (right, left)
            case .equal, .notEqual: return nil
            }
            if push.lets(fall: more) || push.lets(rise: less) { return false }
            return push.lets(fall: less) || push.lets(rise: more) ? true : nil
        case .increased(let term, _): return push.lets(fall: term) ? false : nil
        case .missing: return nil
        case .flag(let term): return push.stops && term == MetricTerm("group.frozen") ? true : nil
        case .not(let part): return part.outcome(push).map { !$0 }
        case .all(let parts):
            let outcomes = parts.map { $0.outcome(push) }
            if outcomes.contains(false) { return false }
            return outcomes.allSatisfy { $0 == true } ? true : nil
        case .any(let parts):
            let outcomes = parts.map { $0.outcome(push) }
            if outcomes.contains(true) { return true }
            return outcomes.allSatisfy { $0 == false } ? false : nil
        }
    }
}
