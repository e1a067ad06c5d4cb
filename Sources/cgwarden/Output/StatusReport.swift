import CgroupModel
import Enforcement
import Policy

/// The output of `cgwarden status`.
struct StatusReport {
    private let state: WardenNumbers.State
    private let trail: AuditTrail
    private let policy: PolicyDocument

    init(_ state: WardenNumbers.State, _ trail: AuditTrail, _ policy: PolicyDocument) {
        self.state = state
        self.trail = trail
        self.policy = policy
    }

    var text: String {
        var text = head
        if !policy.rules.isEmpty { text += "\n" + rules }
        if !state.guards.isEmpty { text += "\n" + guards }
        let notes = notes
        if !notes.isEmpty { text += "\n" + notes.map { "\($0)\n" }.joined() }
        return text
    }

    private var head: String {
        let took = DecimalText.fixed(Double(state.duration) / 1e6, places: 2)
        let dry = policy.defaults.isDryRun ? ", dry run" : ""
        return """
            policy   \(counted(policy.rules.count, "rule", "rules")), \
            \(counted(policy.limits.count, "standing limit", "standing limits")), \
            \(counted(policy.guards.count, "guard", "guards"))\(dry)
            ticks    \(state.ticks), every \(policy.defaults.interval.shortText), \
            \(state.lateTicks) late; the policy took \(took) ms of the last one

            """
    }

    private var rules: String {
        let fired = Dictionary(
            state.policy.firings.map { ($0.rule, $0.count) }, uniquingKeysWith: { $1 })
        let vetoed = Dictionary(
            state.policy.vetoes.map { ($0.rule, $0.count) }, uniquingKeysWith: { $1 })
        let watched = Dictionary(
            state.policy.watched.map { ($0.rule, $0.count) }, uniquingKeysWith: { $1 })
        let disabled = Dictionary(
            state.policy.disabled.map { ($0.rule, $0.reason) }, uniquingKeysWith: { $1 })
        var rows = [["RULE", "GROUP", "CGROUPS", "FIRED", "VETOED", "NOW"]]
        for rule in policy.rules {
            let states = state.policy.states.filter { $0.rule == rule.name }
            let now = states.map { state in
                "\(state.state.text)\(state.target.map { " \($0.path)" } ?? "")"
            }
            rows.append([
                rule.name, rule.group, "\(watched[rule.name] ?? 0)", "\(fired[rule.name] ?? 0)",
                "\(vetoed[rule.name] ?? 0)",
                disabled[rule.name].map { "disabled: \($0)" }
                    ?? (now.isEmpty ? "idle" : now.joined(separator: ", ")),
            ])
        }
        return LeftTable(rows).text
    }

    private var guards: String {
        var rows = [["GUARD", "CGROUP", "STATE", "USAGE", "LIMIT"]]
        for status in state.guards {
            rows.append([
                status.name, status.target.path.description, status.state.rawValue,
                ByteAmount.text(status.usage), ByteAmount.text(status.limit),
            ])
        }
        return LeftTable(rows).text
    }

    private var notes: [String] {
        var notes: [String] = []
        for hit in state.policy.budgetHits where hit.count > 0 {
            notes.append("the budget \(hit.budget) was used up \(hit.count) times")
        }
        if state.policy.conflicts > 0 { notes.append("\(state.policy.conflicts) conflicts") }
        if state.policy.drifts > 0 {
            notes.append("others changed \(counted(Int(state.policy.drifts), "value", "values"))")
        }
        for owed in state.policy.owed {
            notes.append(
                "\(owed.key) of \(owed.target.path) could not be put back yet; it is tried again "
                    + "at each tick")
        }
        for value in state.policy.failing {
            notes.append(
                "\(value.key) of \(value.target.path) could not be set and is tried again: "
                    + value.reason)
        }
        if let failure = trail.failure {
            notes.append(
                "the audit log cannot be written, so nothing disruptive is done: \(failure)")
        }
        if trail.dropped > 0 { notes.append("\(trail.dropped) lines of the audit log were lost") }
        return notes
    }
}

/// The origin of a cgroup's values: the request of each layer, highest first, and the inactive
/// parts.
struct ExplanationReport {
    private let path: CgroupPath
    private let values: [ValueExplanation]
    private let inactive: [InactivePart]
    private let rules: [RuleExplanation]

    /// Explains a cgroup; throws if the engine's last sample does not contain it.
    init(of path: CgroupPath, by engine: PolicyEngine) throws {
        guard engine.sees(path) else {
            throw CgwardenError(
                "\(path) is in no sample yet, or is gone; see `cgwarden tree`, and try again",
                .noInput)
        }
        self.path = path
        values = engine.layers(of: path)
        rules = engine.rules(of: path)
        // The rules section gives the reasons of idle rules.
        inactive = engine.inactive(on: path).filter {
            if case .rule = $0.origin { false } else { true }
        }
    }

    /// The output of `policy explain`.
    var text: String {
        guard !values.isEmpty || !inactive.isEmpty || !rules.isEmpty else {
            return "no policy applies to \(path)\n"
        }
        return (values.map(describe) + inactive.map(describe)).joined(separator: "\n")
            + RuleReport(rules).text
    }

    private func describe(_ part: InactivePart) -> String {
        let actions = part.actions.isEmpty ? "" : ": \(part.actions.joined(separator: ", "))"
        return "\(part.origin.text)\(actions)\n    not active because \(part.reason)\n"
    }

    private func describe(_ value: ValueExplanation) -> String {
        var text = "\(value.key)  is \(shown(value.actual, value.key))"
        text += value.wanted.map { ", wanted \(shown($0, value.key))" } ?? ", wanted: the original"
        text += " (\(value.reason))\n"
        for wish in value.wishes {
            let wins = wish.origin == value.winner ? "*" : " "
            text +=
                "  \(wins) \(wish.layer)  \(wish.origin.text)  "
                + "\(shown(wish.value, value.key))  because \(wish.cause.text)\n"
        }
        return text + "    original  \(shown(value.original, value.key))\n"
    }

    private func shown(_ value: LimitValue?, _ key: LimitKey) -> String {
        value.map { key.limit?.grammar.text($0) ?? "\($0)" } ?? "unknown"
    }
}
