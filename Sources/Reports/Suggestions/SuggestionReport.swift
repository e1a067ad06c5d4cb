package import CgroupModel
internal import KernelIO
package import Suggest

/// The output of `cgwarden suggest`: a policy with its evidence and its back-test as comments.
package struct SuggestionReport {
    /// A cgroup for which nothing is suggested, with the reason.
    struct LeftOut {
        var path: CgroupPath
        var reason: String
    }

    /// The maximum number of cgroups in one report, because the size of a policy file is bounded.
    package static let mostCgroups = 400

    let clock: RecordedClock
    let options: SizingOptions
    let workloads: [WorkloadSuggestion]
    let trial: LimitTrial
    /// The cgroups that are left out, with the reasons.
    var leftOut: [LeftOut] = []
    /// Whether more cgroups existed than the study keeps.
    let isOverfull: Bool

    /// Creates a report.
    ///
    /// - Parameters:
    ///   - study: The fold of the window.
    ///   - workloads: The suggestions.
    ///   - trial: The suggestions tried over the same window.
    ///   - refused: The cgroups that were not seen for long enough.
    package init(
        _ study: Study, options: SizingOptions, workloads: [WorkloadSuggestion], trial: LimitTrial,
        refused: [(path: CgroupPath, refusal: StudyRefusal)]
    ) {
        clock = study.clock
        self.options = options
        self.workloads = workloads
        self.trial = trial
        isOverfull = study.isOverfull
        leftOut = refused.map { LeftOut(path: $0.path, reason: $0.refusal.text) }
    }

    /// The policy, which `cgwarden policy check` accepts.
    package var policy: String {
        let used = workloads.filter { !$0.suggestions.isEmpty }
        let names = GroupNames(used.map(\.record.path))
        var lines = head
        lines.append("apiVersion: cgwarden/v1")
        lines.append(used.isEmpty ? "groups: {}" : "groups:")
        for (workload, name) in zip(used, names.names) {
            lines.append("  \(name): {path: \(GroupNames.pattern(of: workload.record.path))}")
        }
        lines.append(used.isEmpty ? "limits: []" : "limits:")
        for (workload, name) in zip(used, names.names) { lines += limits(workload, of: name) }
        for workload in workloads where workload.suggestions.isEmpty {
            lines += unsuggested(workload, indent: "  ")
        }
        lines += leftOutLines + backtest
        return lines.map { "\($0)\n" }.joined()
    }

    private var head: [String] {
        let (first, last) = clock.wallTimes
        return [
            "# cgwarden suggest: \(counted(workloads.count, "cgroup", "cgroups")), "
                + "\(Self.time(first)) to \(Self.time(last))",
            "# \(counted(clock.samples, "sample", "samples")) cover \(Self.days(clock.observed))"
                + (clock.missing > 0 ? ", \(Self.days(clock.missing)) are missing" : "")
                + "; margin \(DecimalText.fixed(options.margin * 100, places: 0))%",
        ]
    }

    private func limits(_ workload: WorkloadSuggestion, of name: String) -> [String] {
        var lines = ["  # \(workload.record.path): \(Self.life(workload.record))"]
        lines += ["  - on: \(name)", "    set:"]
        for suggestion in workload.suggestions {
            let limit = suggestion.limit
            let key = limit.disk == nil ? limit.name : GroupNames.quoted(limit.text)
            lines.append("      # \(evidence(suggestion, workload.record))")
            lines.append("      \(key): \(limit.text(suggestion.value))")
        }
        return lines + unsuggested(workload, indent: "      ")
    }

    private func unsuggested(_ workload: WorkloadSuggestion, indent: String) -> [String] {
        workload.unsuggested.map { limit, reason in
            let cgroup = workload.suggestions.isEmpty ? "\(workload.record.path): " : ""
            return "\(indent)# \(cgroup)\(reason.text(of: limit))"
        }
    }

    private var leftOutLines: [String] {
        var lines = leftOut.prefix(20).map { "# no suggestion for \($0.path): \($0.reason)" }
        if leftOut.count > lines.count {
            let rest = counted(leftOut.count - lines.count, "more cgroup", "more cgroups")
            lines.append("# no suggestion for \(rest)")
        }
        if isOverfull { lines.append("# there were too many cgroups to keep them all") }
        return lines
    }

    private var backtest: [String] {
        let table = TrialTable(trial).text
        guard !table.isEmpty else { return [] }
        var lines = ["#", "# Backtest: how often recorded demand would have reached each value."]
        lines += table.split(separator: "\n").map { "#   \($0)" }
        return lines + ["# \(memoryChange)"]
    }

    /// The sentence that compares the suggestions with the present memory limits.
    private var memoryChange: String {
        var (less, more) = (UInt64(0), UInt64(0))
        for suggestion in workloads.flatMap(\.suggestions)
        where suggestion.limit.name == "memory.max" {
            guard let present = suggestion.present.value else { continue }
            if present > suggestion.value {
                less.add(present - suggestion.value)
            } else {
                more.add(suggestion.value - present)
            }
        }
        return
            "Compared with memory.max now: \(ByteText.of(less)) less, \(ByteText.of(more)) more."
    }

    static func time(_ microseconds: UInt64) -> String {
        String(CivilTime(local: microseconds).text.dropLast(3))
    }

    /// A time in a unit that suits: `4s`, `12min`, `24h`, `6.8 days`.
    static func days(_ nanoseconds: UInt64) -> String {
        func fixed(_ number: Double) -> String {
            let text = DecimalText.fixed(number, places: 1)
            return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
        }
        let hours = Double(nanoseconds) / 3.6e12
        switch hours {
        case ..<(1.0 / 30): return "\(fixed(hours * 3600))s"
        case ..<1: return "\(fixed(hours * 60))min"
        case ..<48: return "\(fixed(hours))h"
        default: return "\(fixed(hours / 24)) days"
        }
    }

    private static func life(_ record: WorkloadRecord) -> String {
        "seen for \(days(record.observed))"
            + (record.restarts > 0
                ? ", created again \(counted(record.restarts, "time", "times"))" : "")
    }
}

extension StudyRefusal {
    /// The reason, with a remedy.
    package var text: String {
        switch self {
        case .tooShort(let covered, let least):
            "the samples cover \(SuggestionReport.days(covered)), but a suggestion needs "
                + "\(SuggestionReport.days(least)); record longer, or allow less with --min-window"
        case .mostlyGaps(let observed, let missing):
            "\(SuggestionReport.days(missing)) are missing, more than the "
                + "\(SuggestionReport.days(observed)) recorded, so peaks are unknown; choose another "
                + "--window"
        case .tooYoung(let age, let least):
            "seen for \(SuggestionReport.days(age)) only, but a suggestion needs "
                + "\(SuggestionReport.days(least)); wait, or allow less with --min-window"
        }
    }
}
