import CgroupModel
import Configuration
import Foundation
import Testing

@testable import PolicyLanguage

/// Each rule of the linter with a policy that breaks it and one that does not.
@Suite struct LintTests {
    struct Case: CustomTestStringConvertible {
        var rule: FindingRule
        /// The text at whose first letter it is found.
        var at: String
        var broken: String
        var sound: String
        var mode = HierarchyMode.hybrid
        var host = PolicyText.host

        /// The line and column of ``at``.
        var place: String? {
            let before = broken.range(of: at).map { broken[..<$0.lowerBound] }
            return before.map { text in
                let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
                return "\(lines.count):\((lines.last?.count ?? 0) + 1)"
            }
        }

        var testDescription: String { "\(rule.rawValue) at \(at)" }
    }

    @Test(arguments: cases) func lintFindsEachFault(_ lint: Case) {
        let found = PolicyText.load(lint.broken, mode: lint.mode, host: lint.host).findings
        let here = found.filter {
            $0.rule == lint.rule
                && "\($0.error.position.line):\($0.error.position.column)" == lint.place
        }
        #expect(here.count == 1, "\(found.map(\.description))")
        #expect(here.first?.severity == (lint.rule.isWarning ? .warning : .error))
    }

    @Test(arguments: cases) func lintAcceptsSoundPolicies(_ lint: Case) {
        let found = PolicyText.load(lint.sound, mode: lint.mode, host: lint.host).findings
        #expect(!found.contains { $0.rule == lint.rule }, "\(found.map(\.description))")
        #expect(!found.contains { $0.severity == .error }, "\(found.map(\.description))")
    }

    /// The rules of values and expressions have their cases in the other suites.
    @Test func everyLintRuleHasACase() {
        let elsewhere: Set<FindingRule> = [
            .file, .yaml, .key, .value, .missing, .duplicate, .syntax, .unit, .base, .type,
            .function, .constant, .attribute, .ineffective, .irreversible,
            .aggregation,
        ]
        let here = Set(Self.cases.map(\.rule))
        #expect(Set(FindingRule.allCases).subtracting(elsewhere).subtracting(here).isEmpty)
    }

    /// Two drop-ins that say the same were refused.
    @Test func equalDefaultsInTwoFilesAreAccepted() {
        func findings(_ first: String, _ second: String) -> [String] {
            let head = "apiVersion: cgwarden/v1\n"
            let rest = "groups: {g: {path: /g}}\nlimits: [{on: g, set: {pids.max: 5}}]\n"
            return PolicyText.load([
                ("a.yaml", head + "defaults: {\(first)}\n" + rest),
                ("b.yaml", head + "defaults: {\(second)}\n"),
            ]).findings.map(\.rule.rawValue)
        }
        #expect(findings("interval: 2s", "interval: 2s, cooldown: 1m") == [])
        #expect(findings("interval: 2s", "interval: 3s") == ["duplicate"])
    }
}
