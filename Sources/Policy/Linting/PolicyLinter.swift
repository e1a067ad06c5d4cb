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
        lintUse()
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

    private mutating func lintUse() {
        let conditions = document.rules.flatMap { [$0.when, $0.until] + ($0.repetition.map { [$0.condition] } ?? []) }
        let named = (conditions + document.limits.compactMap(\.when)).flatMap(\.terms)
            .compactMap { term -> String? in
                guard case .group(let name) = term.scope else { return nil }
                return name
            }
        let groups = Set(
            document.limits.map(\.group) + document.rules.map(\.group)
                + document.guards.map(\.group) + document.autosizers.map(\.group)
                + document.pools.flatMap(\.others) + named)
        for group in document.groups where !groups.contains(group.name) {
            note(.unused, group.position, "group '\(group.name)' is used by nothing")
        }
        let limits = document.limits.flatMap { $0.settings + $0.overrides.values.flatMap { $0 } }
        let sets = document.rules.flatMap(\.actions).flatMap { action -> [Setting] in
            guard case .set(let settings) = action.kind else { return [] }
            return settings
        }
        let pools = (limits + sets).compactMap { setting -> String? in
            guard case .pool(let name) = setting else { return nil }
            return name
        }
        for pool in document.pools where !pools.contains(pool.name) {
            note(
                .unused, places["pools/\(pool.name)"] ?? unknownPlace,
                "pool '\(pool.name)' is used by nothing; set cpuset.pool: \(pool.name)")
        }
    }

    private var unknownPlace: ConfigPosition { ConfigPosition(file: "policy", line: 1, column: 1) }
}
