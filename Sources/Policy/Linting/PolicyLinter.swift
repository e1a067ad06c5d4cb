import CgroupModel
import Configuration

/// Looks for what can be read and makes no sense or does harm.
struct PolicyLinter {
    let document: PolicyDocument
    let places: PolicyPlaces
    private(set) var findings: [PolicyFinding] = []

    init(document: PolicyDocument, places: PolicyPlaces) {
        self.document = document
        self.places = places
    }

    mutating func lint() {
        for rule in document.rules { lint(rule) }
        for oomGuard in document.guards { lint(oomGuard) }
        lintOverlaps()
    }

    mutating func note(_ rule: FindingRule, _ place: ConfigPosition, _ message: String) {
        findings.append(PolicyFinding(rule, place, message))
    }

    /// A raise that cannot raise.
    private mutating func lint(_ oomGuard: OOMGuard) {
        for (index, relief) in oomGuard.relief.enumerated() {
            guard case .raise(_, let ceiling, _) = relief, let limit = limit(of: oomGuard),
                ceiling <= limit
            else { continue }
            let path = "guards/\(oomGuard.name)/relief/\(index)/raise/ceiling"
            note(
                .minAboveMax, places[path] ?? oomGuard.position,
                "the ceiling \(PolicyUnit.bytes.text(Double(ceiling))) is not above the limit "
                    + PolicyUnit.bytes.text(Double(limit)))
        }
    }

    /// The limit that the policy itself gives a guarded group.
    private func limit(of oomGuard: OOMGuard) -> UInt64? {
        if let limit = oomGuard.limit { return limit }
        let settings = document.limits.filter { $0.group == oomGuard.group }.flatMap(\.settings)
        for case .limit(let key, let value) in settings where key.name == "memory.max" {
            return value.number
        }
        return nil
    }
}
