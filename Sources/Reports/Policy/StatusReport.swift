internal import CgroupModel
internal import Enforcement
internal import KernelIO
package import Policy
package import PolicyLanguage

/// The output of `cgwarden status`.
package struct StatusReport {
    private let state: DaemonState
    private let auditFailure: String?
    private let lostAuditLines: UInt64
    private let policy: PolicyDocument
    private let standing: [RuleExplanation]
    private let pending: PendingChanges

    /// The maximum number of idle cgroups to show for each rule, as examples.
    package static let mostIdle = 1

    /// Reports the daemon's state.
    ///
    /// - Parameters:
    ///   - auditFailure: The reason why the audit log cannot be written; nil if it can.
    ///   - standing: The state of each rule.
    ///   - pending: The changes that expire.
    package init(
        _ state: DaemonState, auditFailure: String?, lostAuditLines: UInt64,
        _ policy: PolicyDocument,
        _ standing: [RuleExplanation], pending: PendingChanges = PendingChanges([])
    ) {
        self.state = state
        self.auditFailure = auditFailure
        self.lostAuditLines = lostAuditLines
        self.policy = policy
        self.standing = standing
        self.pending = pending
    }

    /// The report as text.
    package var text: String {
        var text = head
        if !policy.rules.isEmpty { text += "\n" + rules }
        if !state.guards.isEmpty { text += "\n" + guards }
        let notes = notes
        if !notes.isEmpty { text += "\n" + notes.map { "\($0)\n" }.joined() }
        return text + RuleReport(standing).text
    }

    /// The contents of the text as a JSON object, with a newline.
    package var json: [UInt8] {
        var json = JSONWriter()
        json.object { json in
            for (name, number) in [
                ("ticks", state.ticks), ("late_ticks", state.lateTicks),
                ("interval_ms", UInt64(policy.defaults.interval / .milliseconds(1))),
                ("policy_ns", state.duration), ("standing_limits", UInt64(policy.limits.count)),
            ] {
                json.member(name, number)
            }
            if let history = state.history {
                json.key("history")
                history.write(to: &json)
            }
            json.member("dry_run", policy.defaults.isDryRun)
            json.array("totals") { json in
                for rule in policy.rules {
                    json.object { json in writeTotals(of: rule, to: &json) }
                }
            }
            json.key("rules")
            RuleReport(standing).write(to: &json)
            json.array("guards") { json in
                for status in state.guards { json.object { json in write(status, to: &json) } }
            }
            json.array("notes") { json in for note in notes { json.value(note) } }
        }
        json.newline()
        return json.take()
    }

    private func writeTotals(of rule: Rule, to json: inout JSONWriter) {
        json.member("rule", rule.name)
        json.member("group", rule.group)
        for (name, number) in [
            (
                "cgroups",
                state.policy.watched.first { $0.rule == rule.name }.map { UInt64($0.count) }
            ),
            ("fired", state.policy.firings.first { $0.rule == rule.name }?.count),
            ("vetoed", state.policy.vetoes.first { $0.rule == rule.name }?.count),
        ] {
            json.member(name, number ?? 0)
        }
    }

    private func write(_ status: OOMGuardRunner.Status, to json: inout JSONWriter) {
        for (name, text) in [
            ("guard", status.name), ("cgroup", status.target.path.description),
            ("state", status.state.rawValue),
        ] {
            json.member(name, text)
        }
        json.member("usage", status.usage)
        json.member("limit", status.limit)
    }

    private var head: String {
        let dry = policy.defaults.isDryRun ? ", dry run" : ""
        return """
            policy   \(counted(policy.rules.count, "rule", "rules")), \
            \(counted(policy.limits.count, "standing limit", "standing limits")), \
            \(counted(policy.guards.count, "guard", "guards"))\(dry)
            ticks    \(ticks)
            history  \(state.history?.text ?? "none")

            """
    }

    private var ticks: String {
        guard state.ticks > 0 else {
            let seconds = (MonotonicClock.nanoseconds - state.start) / 1_000_000_000
            return "none: waiting for the first sample (\(seconds) s so far)"
        }
        let took = DecimalText.fixed(Double(state.duration) / 1e6, places: 2)
        return "\(state.ticks), every \(policy.defaults.interval.shortText), "
            + "\(state.lateTicks) late; the policy took \(took) ms in the last one"
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
                ByteText.of(status.usage), ByteText.of(status.limit),
            ])
        }
        return LeftTable(rows).text
    }

    /// A change by another program: `  /web pids.max from 100 to 55 at 18:33:33: ` and the note.
    private static func drift(_ record: AuditRecord) -> String {
        let path = record.target.map { "\($0.path) " } ?? ""
        let change = record.changes.first.map {
            "\($0.key) from \($0.before) to \($0.after)"
        }
        let time = CivilTime(local: record.wallTime).text.suffix(8)
        return "  \(path)\(change ?? record.action ?? "") at \(time): \(record.note ?? "")"
    }

    private var notes: [String] {
        var notes: [String] = []
        for hit in state.policy.budgetHits where hit.count > 0 {
            notes.append(
                "the budget \(hit.budget) was exhausted \(counted(Int(hit.count), "time", "times"))"
            )
        }
        if state.policy.conflicts > 0 {
            notes.append(counted(Int(state.policy.conflicts), "conflict", "conflicts"))
        }
        if state.policy.drifts > 0 {
            let drifts = Int(state.policy.drifts)
            let rest = drifts - state.policy.recentDrifts.count
            notes.append(
                "other programs changed \(counted(drifts, "value", "values"))"
                    + (rest > 0 ? "; the last ones:" : ":"))
            notes += state.policy.recentDrifts.map(Self.drift)
        }
        for owed in state.policy.owed {
            notes.append(
                "\(owed.key) of \(owed.target.path) could not be restored yet; it is retried "
                    + "at each tick")
        }
        for value in state.policy.failing {
            notes.append(
                "\(value.key) of \(value.target.path) could not be set and is retried: "
                    + value.reason)
        }
        if let failure = state.history?.failure {
            notes.append("no history is written at present: \(failure)")
        }
        if let auditFailure {
            notes.append(
                "the audit log is not writable, so no disruptive action is taken: \(auditFailure)")
        }
        for change in pending.awaiting {
            notes.append(
                "\(change.summary) is undone \(change.expiry.text); keep it: cgwarden confirm "
                    + "\(change.number)")
        }
        if lostAuditLines > 0 {
            notes.append(
                counted(
                    Int(lostAuditLines), "line of the audit log was lost",
                    "lines of the audit log were lost"))
        }
        return notes
    }
}
