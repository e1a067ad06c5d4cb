import CgroupModel
import Foundation
import TestSupport
import Testing

@testable import Causes

@Suite struct ExplanationOutputTests {
    private static func throttled() throws -> Explanation {
        var made = Situation()
        made.add(
            "/a",
            [
                .cpuMax: Reading(20_000), .cpuMaxPeriod: Reading(100_000),
                .memoryMax: Reading(UInt64(10_000).mebibytes),
                .memoryUsage: Reading(UInt64(30).mebibytes),
            ],
            earlier: [.memoryUsage: UInt64(20).mebibytes],
            growth: [
                .cpuPeriods: 20, .cpuThrottledPeriods: 10, .cpuThrottledTime: 740_000,
                .cpuUsage: 400_000,
            ])
        made.add("/a/b", growth: [.cpuUsage: 300_000], waits: (0.7, 0, 0))
        var explanation = try made.explained("/a/b")
        explanation.attribute { $0.metric == .cpuMax ? "rule park" : nil }
        return explanation
    }

    @Test func textHasTheVerdictThenItsEvidenceWithFileAgeAndOwner() throws {
        let lines = try Self.throttled().text.split(separator: "\n")
        #expect(lines[0] == "throttled 37% of the time by /a: cpu.max 0.2 CPUs, in 50% of periods")
        #expect(lines[1] == "  /a/b, watched for 2s")
        #expect(lines[2].hasPrefix("    cpu.max "))
        #expect(lines[2].contains("0.2 CPUs (20000 of 100000 us)"))
        #expect(lines[2].hasSuffix("/a/cpu.max, set by rule park"))
        #expect(lines.contains { $0.hasPrefix("  memory.max ") && $0.contains(" 33min ") })
        #expect(lines.contains { $0.hasPrefix("  cpu some ") && $0.contains(" 70% ") })
        // The share of the window comes from the total, not from the average of 10 s.
        #expect(
            lines.contains { $0.contains(" 70% ") && $0.hasSuffix("  cpu.pressure some.total") })
    }

    @Test func jsonHasTheSameAsData() throws {
        let explanation = try Self.throttled()
        let object = try #require(
            JSONSerialization.jsonObject(with: Data(explanation.json)) as? [String: Any])
        #expect(object["verdict"] as? String == explanation.verdict.text)
        #expect(object["severity"] as? String == "slow")
        let findings = try #require(object["findings"] as? [[String: Any]])
        #expect(findings[0]["kind"] as? String == "quota")
        #expect(findings[0]["by"] as? String == "/a")
        #expect(findings[0]["time_share"] as? Double == 0.37)
        let evidence = try #require(findings[0]["evidence"] as? [[String: Any]])
        #expect(evidence[0]["file"] as? String == "cpu.max")
        #expect(evidence[0]["cgroup"] as? String == "/a")
        #expect(evidence[0]["owner"] as? String == "rule park")
        #expect(evidence[0]["age_seconds"] as? Double == 0)
        let limits = try #require(object["limits"] as? [[String: Any]])
        #expect(limits[0]["seconds_left"] as? Double == 1994)
    }

    @Test func namesFromTenantsAreEscaped() throws {
        var made = Situation()
        made.add("/a\u{1b}[31m", [.pidsMax: Reading(1), .pidsCurrent: Reading(1)])
        let text = try made.explained("/a\u{1b}[31m").text
        #expect(text.contains(#"/a\x1b[31m"#))
        #expect(!text.contains("\u{1b}"))
    }

    /// The table of kinds is the order of findings: the severities do not go up and down.
    @Test func theTableListsTheWorstFirst() {
        let severities = FindingKind.allCases.map(\.row.severity)
        #expect(FindingKind.allCases.allSatisfy { !$0.row.why.isEmpty })
        #expect(severities.first == .stuck)
        #expect(severities.last == .healthy)
    }
}
