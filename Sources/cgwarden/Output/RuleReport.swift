import Policy

/// The state of the rules that apply to a cgroup, with the values that they evaluate.
struct RuleReport {
    private let rules: [RuleExplanation]

    init(_ rules: [RuleExplanation]) { self.rules = rules }

    /// A paragraph for each rule; empty if there are none.
    var text: String { rules.map { "\n" + describe($0) }.joined() }

    private func describe(_ rule: RuleExplanation) -> String {
        let since = rule.seconds.map { " for \($0) s" } ?? ""
        var text = "rule \(rule.rule)  \(rule.state.map { $0.text + since } ?? "disabled")"
        text += rule.reason.map { " (\($0))\n" } ?? "\n"
        text += "    acts when  \(rule.when)\n"
        for term in rule.terms {
            let coverage = term.coverage.map { $0 < 1 ? ", \(Int($0 * 100)) % of its window" : "" }
            text += "    \(term.term)  is \(term.value)\(coverage ?? "")\n"
        }
        return text
    }
}
