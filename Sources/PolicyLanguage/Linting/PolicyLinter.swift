import CgroupModel
import Configuration

/// Finds policies that are valid but nonsensical or harmful.
struct PolicyLinter {
    let document: PolicyDocument
    let places: PolicyPlaces
    let host: HostFacts
    /// Whether memory is on v1; nil if unknown.
    let isMemoryLegacy: Bool?
    private(set) var findings: [PolicyFinding] = []

    mutating func lint() {
        for rule in document.rules { lint(rule) }
        lintGuards()
        lintValues()
        lintOverlaps()
    }

    mutating func note(_ rule: FindingRule, _ place: ConfigPosition, _ message: String) {
        findings.append(PolicyFinding(rule, place, message))
    }
}
