import CgroupModel
import KernelIO
import Policy
import PolicyLanguage

/// The output of `policy backtest` for one policy.
package struct BacktestReport {
    private let tally: BacktestTally

    /// Reports on the counts of a back-test.
    package init(_ tally: BacktestTally) { self.tally = tally }

    /// The report as text.
    package var text: String {
        let parts = [head, firings, places, limits, vetoes, actions].filter { !$0.isEmpty }
        return parts.joined(separator: "\n")
    }

    private var head: String {
        let document = tally.document
        let first = CivilTime(local: tally.wallTimes?.lowerBound ?? 0).text
        let last = CivilTime(local: tally.wallTimes?.upperBound ?? 0).text
        return """
            recording  \(first) to \(last), \
            \(counted(tally.snapshots, "sample", "samples")) in \
            \(counted(tally.runs, "run", "runs")), \(Self.seconds(tally.elapsed))
            policy     \(counted(document.rules.count, "rule", "rules")), \
            \(counted(document.limits.count, "standing limit", "standing limits"))

            """
    }

    private var firings: String {
        guard !tally.firings.isEmpty else { return "no rule fired\n" }
        var rows = [["FIRED", "RULE", "CGROUP", "VALUES"]]
        for firing in tally.firings {
            let values = (firing.cause?.evidence ?? []).map { "\($0.term) = \($0.value)" }
            rows.append([
                CivilTime(local: firing.wallTime).text, Self.name(firing.place.origin),
                Self.cgroup(firing.place),
                (firing.isCounterfactual ? "(counterfactual) " : "")
                    + values.joined(separator: ", "),
            ])
        }
        return LeftTable(rows).text
    }

    private var places: String {
        let places = tally.places
        guard !places.isEmpty else { return "" }
        let counts = places.map { tally.counts[$0] ?? BacktestTally.Count() }
        let states = RuleState.allCases.filter { state in
            state != .idle && counts.contains { $0.times[state] ?? 0 > 0 }
        }
        var rows = [
            ["PART", "CGROUP", "FIRED", "FLAPS", "ACTIONS"] + states.map { $0.text.uppercased() }
        ]
        for (place, count) in zip(places, counts) {
            rows.append(
                [
                    Self.name(place.origin), Self.cgroup(place), "\(count.firings)",
                    "\(count.flaps)", "\(count.actions)",
                ] + states.map { count.times[$0].map(Self.seconds) ?? "-" })
        }
        return LeftTable(rows).text
    }

    private var limits: String { TrialTable(tally.trial).text }

    private var vetoes: String {
        guard !tally.vetoes.isEmpty else { return "" }
        let sorted = tally.vetoes.sorted { left, right in
            left.key.place == right.key.place
                ? left.key.reason < right.key.reason
                : tally.isBefore(left.key.place, right.key.place)
        }
        let rows = sorted.map { veto, count in
            [Self.name(veto.place.origin), Self.cgroup(veto.place), "\(count)", veto.reason]
        }
        return LeftTable([["NOT DONE", "CGROUP", "TIMES", "WHY"]] + rows).text
    }

    private var actions: String {
        let total = tally.actions.values.reduce(0, +)
        let hours = Double(tally.elapsed) / 3.6e12
        let kinds = tally.actions.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        var lines = [
            counted(total, "action", "actions")
                + (kinds.isEmpty ? "" : " (\(kinds.joined(separator: ", ")))")
                // A rate of a shorter time says nothing about an hour.
                + (hours >= 1
                    ? ", \(DecimalText.fixed(Double(total) / hours, places: 1)) an hour" : "")
        ]
        for hit in tally.budgetHits where hit.count > 0 {
            lines.append(
                "the budget \(hit.budget) was exhausted \(counted(Int(hit.count), "time", "times"))"
            )
        }
        for (rule, reason) in tally.disabled { lines.append("rule \(rule) is disabled: \(reason)") }
        return lines.map { "\($0)\n" }.joined()
    }

    /// Notes on the limits of the recording, one sentence each.
    package var notes: [String] {
        let document = tally.document
        var notes: [String] = []
        for group in document.groups
        where group.uid != nil || group.command != nil || !group.attributes.isEmpty {
            notes.append(
                "a recording has no owners, commands or attributes, so group \(group.name) is "
                    + "empty")
        }
        if !document.guards.isEmpty {
            notes.append("guards act between samples, so they are not simulated")
        }
        if tally.gaps > 0 {
            let interval = document.defaults.interval.shortText
            notes.append(
                "\(counted(tally.gaps, "sample", "samples")) came more than 2.5 intervals "
                    + "(\(interval)) after the previous one, so windows there are unknown; if it "
                    + "was recorded that way, use --interval")
        }
        return notes
    }

    // MARK: Formatting

    static func name(_ origin: Effect.Origin) -> String {
        switch origin {
        case .rule(let name): return name
        // At the end of a recording, the policy restores what it has set.
        case .engine: return "end of policy"
        default: return origin.text
        }
    }

    static func cgroup(_ place: BacktestTally.Place) -> String {
        place.path?.description ?? "(the group)"
    }

    /// Formats a time in nanoseconds as seconds: `1.5s`.
    package static func seconds(_ nanoseconds: UInt64) -> String {
        DecimalText.fixed(Double(nanoseconds) / 1e9, places: 1) + "s"
    }
}

/// A comparison of two policies over the same recording.
package struct BacktestComparison {
    let one: BacktestTally
    let other: BacktestTally

    /// Compares the counts of two policies.
    package init(one: BacktestTally, other: BacktestTally) {
        self.one = one
        self.other = other
    }

    /// The comparison as a table.
    package var text: String {
        var rows = [["PART", "CGROUP", "FIRED", "OTHER", "ACTIVE", "OTHER", "ACTIONS", "OTHER"]]
        let extra = other.places.filter { one.counts[$0] == nil }
        for place in one.places + extra {
            let (left, right) = (one.counts[place], other.counts[place])
            rows.append(
                [BacktestReport.name(place.origin), BacktestReport.cgroup(place)]
                    + [left, right].map { "\($0?.firings ?? 0)" }
                    + [left, right].map { BacktestReport.seconds($0?.active ?? 0) }
                    + [left, right].map { "\($0?.actions ?? 0)" })
        }
        return rows.count == 1 ? "neither policy does anything\n" : LeftTable(rows).text
    }
}
