import CgroupModel
import Testing
import TestSupport

@testable import Policy
@testable import PolicyLanguage

/// Rules for devices: each changes what the ones before it said, and none can be taken back.
@Suite struct DeviceRuleTests {
    private static let devices = "devices: {deny: [a], allow: [\"c 1:3 rwm\", \"c 1:5 r\"]}"

    private func policy(_ devices: String, isAllowed: Bool = true) -> String {
        PolicyText.with("limits:\n  - on: g\n    set:\n      \(devices)\n")
            + (isAllowed ? "\ndefaults: {allow_irreversible: true}\n" : "")
    }

    @Test func deviceRulesNeedAllowIrreversible() {
        let findings = PolicyText.findings(policy(Self.devices, isAllowed: false), mode: .v1)
        #expect(findings.count == 1 && findings[0].contains("error: device rules cannot be"))
        #expect(findings.first?.hasSuffix("[irreversible]") == true)
        #expect(PolicyText.findings(policy(Self.devices), mode: .v1) == [])
    }

    /// On v2 systemd keeps devices with BPF, and cgwarden has no file to write: allowing was not
    /// reported, because systemd has a property for it that is never set.
    @Test(arguments: ["devices: {allow: [\"c 1:3 rwm\"]}", "devices: {deny: [a]}"])
    func onV2TheyAreReported(_ devices: String) {
        let findings = PolicyText.findings(policy(devices), mode: .v2)
        #expect(
            findings.count == 1 && findings[0].contains("does not exist on v2"), "\(findings)")
    }

    @Test func deviceRulesKeepTheirOrder() throws {
        let document = try #require(PolicyText.load(policy(Self.devices), mode: .v1).document)
        var facts = TestFacts()
        facts.mode = .v1
        var run = EngineRun(document: document, facts: facts)
        let output = run.tick(0, [.init(path: "/g", values: [:])])
        let rules = output.effects.flatMap { effect in
            if case .set(let assignments) = effect.kind { assignments } else { [LimitAssignment]() }
        }.map { "\($0.key)" }
        #expect(
            rules == ["devices.deny[a]", "devices.allow[c 1:3 rwm]", "devices.allow[c 1:5 r]"])
    }

    @Test func firstWrittenListComesFirst() throws {
        let findings = PolicyText.findings(
            policy("devices: {allow: [\"c 1:3 rwm\"], deny: [a]}"), mode: .v1)
        #expect(findings.count == 1 && findings[0].contains("warning: deny: a after allow"))
        let text = policy("devices: {allow: [\"c 1:3 rwm\"], deny: [\"c 1:5 w\"]}")
        let document = try #require(PolicyText.load(text, mode: .v1).document)
        #expect(
            document.limits[0].settings.map(\.text) == [
                "devices.allow[c 1:3 rwm]=c 1:3 rwm", "devices.deny[c 1:5 w]=c 1:5 w",
            ])
    }
}
