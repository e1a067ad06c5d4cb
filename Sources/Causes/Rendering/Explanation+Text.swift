import CgroupModel

extension Explanation {
    /// The explanation as text: the verdict first, then its evidence.
    package var text: String { lines.map { $0.text + "\n" }.joined() }

    /// The lines of the text.
    package var lines: [ExplanationLine] {
        let watched =
            window.map { "watched for \(Amount.seconds($0))" }
            ?? "one sample, so rates and times are unknown"
        var lines = [ExplanationLine(.verdict, verdict.text)]
        // A second problem that is as severe should not be missed below the evidence.
        lines += findings.dropFirst().filter { $0.severity == verdict.severity }.map {
            ExplanationLine(.verdict, "also \($0.text)")
        }
        lines.append(ExplanationLine(.row, "  \(cgroup), \(watched)"))
        lines += evidence(verdict)
        for finding in findings.dropFirst() {
            lines.append(ExplanationLine(.row, ""))
            lines.append(ExplanationLine(.heading, "\(finding.severity.rawValue): \(finding.text)"))
            lines += evidence(finding)
        }
        return lines + section("Limits", boundRows) + section("Waits", waitRows)
    }

    private func section(_ title: String, _ rows: [[String]]) -> [ExplanationLine] {
        [ExplanationLine(.row, ""), ExplanationLine(.heading, title)]
            + ExplanationLine.table(rows)
    }

    private func evidence(_ finding: Finding) -> [ExplanationLine] {
        let values = finding.evidence.map { [$0.name, $0.text, source($0)] }
        let rivals = finding.competitors.compactMap(\.weight).map {
            [$0.name, $0.text, source($0)]
        }
        return ExplanationLine.table(values + rivals, indent: "    ")
    }

    /// The age in seconds from which it matters.
    private static let noticeableAge = 5.0

    /// The file, its age if it matters, and its owner: `cpu.max, 12s old, set by rule park`.
    ///
    /// The name of another cgroup's file begins with its path.
    private func source(_ evidence: Evidence) -> String {
        let file = evidence.cgroup == cgroup ? evidence.file : evidence.place
        let age =
            evidence.age > Self.noticeableAge ? ", \(Amount.seconds(evidence.age)) old" : ""
        return file + age + (evidence.owner.map { ", set by \($0)" } ?? "")
    }

    private var boundRows: [[String]] {
        [["LIMIT", "VALUE", "USED", "LEFT", "REACHED IN", "FILE"]]
            + bounds.map { bound in
                let metric = bound.limit.metric
                func shown(_ amount: Double?) -> String {
                    amount.map { Amount.text($0, of: metric) } ?? "-"
                }
                let used = shown(bound.used)
                let ratio = bound.ratio.map { " (\(Amount.percent($0)))" } ?? ""
                return [
                    bound.limit.name, bound.most == nil ? bound.limit.text : shown(bound.most),
                    used + ratio, shown(bound.headroom), Self.timeLeft(bound),
                    source(bound.limit),
                ]
            }
    }

    private static func timeLeft(_ bound: Bound) -> String {
        // Beyond a day, the current slope predicts nothing.
        guard let left = bound.secondsLeft, left < 86_400 else { return "-" }
        return Amount.seconds(left)
    }

    private var waitRows: [[String]] {
        waits.map { wait in
            let amount =
                wait.amount.map { amount in
                    wait.isShare ? Amount.percent(amount) : "\(Amount.fixed(amount))/s"
                } ?? wait.evidence.missing ?? "-"
            return ["\(wait.resource.rawValue) \(wait.what)", amount, source(wait.evidence)]
        }
    }
}
