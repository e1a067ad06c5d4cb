import Actuation
import CgroupModel
import Policy
import PolicyLanguage

/// The output of `policy plan`.
package struct PolicyPlanReport {
    private let plan: PolicyPlan

    /// Reports a plan.
    package init(_ plan: PolicyPlan) { self.plan = plan }

    /// The plan as text.
    package var text: String {
        var parts = plan.changes.map(describe)
        if !plan.refused.isEmpty {
            let rows = plan.refused.map {
                ["  \($0.target.path)", "\($0.key)", change($0), $0.reason]
            }
            parts.append("not written:\n" + LeftTable(rows).text)
        }
        if !plan.acts.isEmpty {
            let rows = plan.acts.map { act in
                [
                    "  \(act.target?.path.description ?? "")", act.action ?? "", act.origin.text,
                    act.note ?? "",
                ]
            }
            parts.append("also done:\n" + LeftTable(rows).text)
        }
        if !plan.guards.isEmpty { parts.append(plan.guards.map { "\($0.text)\n" }.joined()) }
        if !plan.leftovers.isEmpty {
            parts.append(
                "CPUs of exclusive pools:\n" + plan.leftovers.map { "  \($0)\n" }.joined())
        }
        if !plan.hasChanges { parts.insert("nothing to change\n", at: 0) }
        return parts.joined(separator: "\n")
    }

    private func describe(_ change: PolicyPlan.Change) -> String {
        let values = change.values.map { value in
            ["  \(value.key)", self.change(value), who(value)]
        }
        let heads = ["  LIMIT", "CHANGE", "REQUESTED BY"]
        var text = "\(change.path)\n" + LeftTable([heads] + values).text
        if let report = change.writes {
            text += "  writes, in this order:\n"
            text += LeftTable(report.plannedRows.map { ["    \($0[0])"] + $0.dropFirst() }).text
            for warning in report.warnings { text += "  note: \(warning)\n" }
        }
        for value in change.refused {
            text += "  \(value.name) cannot be set: \(value.reason)\n"
        }
        return text
    }

    private func who(_ value: ValueExplanation) -> String {
        // A single request needs no reason why it prevails.
        (value.winner?.text ?? "no layer") + (value.requests.count > 1 ? " (\(value.reason))" : "")
    }

    private func change(_ value: ValueExplanation) -> String {
        "\(shown(value.actual, value.key)) -> \(shown(value.wanted, value.key))"
    }

    private func shown(_ value: LimitValue?, _ key: LimitKey) -> String {
        let text = value.map { key.limit?.grammar.text($0) ?? "\($0)" } ?? "unknown"
        return text.isEmpty ? "(empty)" : text
    }

    // MARK: JSON

    /// The plan as a JSON object, with a newline.
    package var json: [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.member("has_changes", plan.hasChanges)
            json.array("changes") { json in
                for change in plan.changes { json.object { json in write(change, to: &json) } }
            }
            json.array("not_written") { json in
                for value in plan.refused { json.object { json in write(value, to: &json) } }
            }
            json.array("also_done") { json in
                for act in plan.acts {
                    json.object { json in
                        json.field("path", act.target?.path.text)
                        json.field("action", act.action)
                        json.field("from", act.origin.text)
                        json.field("note", act.note)
                    }
                }
            }
            json.array("guards") { json in
                for forecast in plan.guards { json.object { json in write(forecast, to: &json) } }
            }
            json.array("still_allowed_here") { json in
                for leftover in plan.leftovers { json.value("\(leftover)") }
            }
            json.array("notes") { json in for note in plan.notes { json.value(note) } }
        }
        json.newline()
        return json.take()
    }

    private func write(_ change: PolicyPlan.Change, to json: inout JSONWriter) {
        json.field("path", change.path.text)
        json.array("values") { json in
            for value in change.values { json.object { json in write(value, to: &json) } }
        }
        if let report = change.writes {
            json.array("warnings") { json in for warning in report.warnings { json.value(warning) }
            }
            report.writes(to: &json)
        }
        json.array("cannot_be_set") { json in
            for value in change.refused {
                json.object { json in
                    json.field("name", value.name)
                    json.field("reason", value.reason)
                }
            }
        }
    }

    private func write(_ value: ValueExplanation, to json: inout JSONWriter) {
        json.field("path", value.target.path.text)
        json.field("name", value.key.description)
        json.field("now", value.actual.map { _ in shown(value.actual, value.key) })
        json.field("wanted", value.wanted.map { _ in shown(value.wanted, value.key) })
        json.field("from", value.winner?.text)
        json.field("reason", value.reason)
    }

    private func write(_ forecast: GuardForecast, to json: inout JSONWriter) {
        json.field("name", forecast.name)
        json.field("path", forecast.path.text)
        json.member("best_effort", forecast.isBestEffort)
        guard let limit = forecast.limit else { return }
        for (name, bytes) in [
            ("limit", limit), ("freezes_at", forecast.freezesAt),
            ("resumes_at", forecast.resumesAt), ("margin", forecast.margin),
            ("growth_per_second", forecast.growth),
        ] {
            json.member(name, bytes)
        }
    }
}

extension JSONWriter {
    /// Writes a key with a text; omits the key if the text is nil.
    fileprivate mutating func field(_ name: String, _ text: String?) {
        guard let text else { return }
        key(name)
        value(text)
    }
}
