import CgroupModel
import Policy

/// The state of rules for cgroups, with the values that the rules evaluate and the conditions that
/// they wait for.
///
/// `status` and `policy explain` share it, as text and as JSON.
struct RuleReport {
    private let rules: [RuleExplanation]

    init(_ rules: [RuleExplanation]) { self.rules = rules }

    /// A paragraph for each rule and cgroup, each after an empty line; empty if there are no rules.
    var text: String { rules.map { "\n" + describe($0) }.joined() }

    private func describe(_ rule: RuleExplanation) -> String {
        let since = rule.seconds.map { " for \($0) s" } ?? ""
        var text = "rule \(rule.rule)\(rule.cgroup.map { " on \($0)" } ?? "")"
        text += "  \(Self.state(rule))\(since)\(rule.reason.map { ": \($0)" } ?? "")\n"
        let actions = rule.actions.joined(separator: ", ")
        for (name, value) in [
            ("actions", actions.isEmpty ? nil : actions), ("acts when", rule.when),
            ("now", rule.next), ("failed", rule.failure),
        ] {
            guard let value else { continue }
            text += "    \(name)\(String(repeating: " ", count: 11 - name.count))\(value)\n"
        }
        for term in rule.terms {
            let coverage = term.coverage.map { $0 < 1 ? ", \(Int($0 * 100)) % of its window" : "" }
            text += "    \(term.term) is \(term.value)\(coverage ?? "")\n"
        }
        return text
    }

    private static func state(_ rule: RuleExplanation) -> String {
        rule.state?.text ?? (rule.cgroup == nil && rule.reason != nil ? "disabled" : "idle")
    }

    /// Appends an array with an object for each rule and cgroup.
    func write(to json: inout JSONWriter) {
        json.array { json in
            for rule in rules { json.object { json in Self.write(rule, to: &json) } }
        }
    }

    private static func write(_ rule: RuleExplanation, to json: inout JSONWriter) {
        for (name, text) in [
            ("rule", rule.rule), ("cgroup", rule.cgroup?.description), ("state", state(rule)),
            ("reason", rule.reason), ("failure", rule.failure), ("when", rule.when),
            ("next", rule.next),
        ] {
            guard let text else { continue }
            json.member(name, text)
        }
        if let seconds = rule.seconds {
            json.member("seconds", seconds)
        }
        json.array("actions") { json in for action in rule.actions { json.value(action) } }
        json.array("terms") { json in
            for term in rule.terms {
                json.object { json in
                    json.member("term", term.term)
                    json.member("value", term.value)
                    guard let coverage = term.coverage else { return }
                    json.member("coverage", coverage)
                }
            }
        }
    }
}
