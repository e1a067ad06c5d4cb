import CgroupModel
import Suggest

/// The evidence for a suggestion, in one line.
extension SuggestionReport {
    func evidence(_ suggestion: Suggestion, _ record: WorkloadRecord) -> String {
        let (limit, evidence) = (suggestion.limit, suggestion.evidence)
        let within = "in \(Self.days(record.observed))"
        var parts = ["now \(limit.text(suggestion.present))"]
        if let siblings = evidence.amongSiblings {
            parts.append(
                "needs \(cpus(max(evidence.p95, 10_000))) of the \(cpus(siblings.sum)) of "
                    + "\(siblings.count) siblings (95% of the time)")
            return parts.joined(separator: "; ")
        }
        parts.append(
            "peak \(limit.amount(evidence.peak.value)) on \(Self.time(evidence.peak.time)), "
                + "p99 \(limit.amount(evidence.p99)), p95 \(limit.amount(evidence.p95))")
        parts.append("\(hits(limit, evidence, record)) \(within)")
        if suggestion.isLowerBound {
            parts.append(
                "at least, because the present limit bound "
                    + "\(Self.share(evidence.boundShare)) of the time")
        }
        if evidence.swap > 0, limit.name == "memory.max" {
            parts.append("swap peak \(ByteText.of(evidence.swap))")
        }
        if let growth = evidence.growth, limit.name == "memory.max" {
            parts.append(
                "rises by \(ByteText.of(growth.each)) a day since \(Self.time(growth.since)), so "
                    + "it may be a leak")
        }
        return parts.joined(separator: "; ")
    }

    private func hits(
        _ limit: SizedLimit, _ evidence: Suggestion.Evidence, _ record: WorkloadRecord
    ) -> String {
        let hits = evidence.hits
        switch limit.name {
        case "memory.max", "memory.soft_limit":
            return "\(counted(hits, "limit hit", "limit hits")), "
                + counted(evidence.oomKills, "OOM kill", "OOM kills")
        case "memory.high": return counted(hits, "throttled charge", "throttled charges")
        case "cpu.max":
            return "throttled in \(Self.share(evidence.boundShare)) of the periods"
        case "pids.max": return counted(hits, "failed fork", "failed forks")
        default: return "at the limit \(Self.share(evidence.boundShare)) of the time"
        }
    }

    private func cpus(_ millionths: UInt64) -> String {
        "\(DecimalText.fixed(Double(millionths) / 1e6, places: 2)) CPUs"
    }

    static func share(_ share: Double) -> String {
        "\(DecimalText.fixed(share * 100, places: share > 0 && share < 0.1 ? 1 : 0))%"
    }
}

private func counted(_ count: UInt64, _ one: String, _ many: String) -> String {
    counted(Int(clamping: count), one, many)
}

extension Unsuggested {
    /// The reason, with a value to try if there is one.
    func text(of limit: SizedLimit) -> String {
        let name = limit.text
        switch self {
        case .bound(let value, let share, let least):
            return "\(name): the limit of \(limit.text(value)) bound "
                + "\(SuggestionReport.share(share)) of the time, so the demand was never seen; "
                + "try at least \(limit.text(least)), and suggest again"
        case .boundAbove(let share):
            return "\(name): a limit of an ancestor bound \(SuggestionReport.share(share)) of the "
                + "time, so the demand was never seen; raise that one first"
        case .wholeHost:
            return "\(name): the peak with its margin is nearly all of the host's memory"
        }
    }
}

extension SuggestionReport {
    /// The reason why nothing at all is suggested; nil if something is.
    package var refusal: String? {
        guard !workloads.contains(where: { !$0.suggestions.isEmpty }) else { return nil }
        for workload in workloads {
            if let (limit, reason) = workload.unsuggested.first {
                return "\(workload.record.path): \(reason.text(of: limit))"
            }
        }
        if let first = leftOut.first { return "\(first.path): \(first.reason)" }
        guard let first = workloads.first else {
            return "no service, scope or leaf was seen for long enough; allow less with "
                + "--min-window"
        }
        return "\(first.record.path): its memory and tasks were not recorded"
    }
}
