import CgroupModel
import Configuration

/// Finds values that leave nothing, or that limit nothing.
extension PolicyLinter {
    mutating func lintValues() {
        for (index, limits) in document.limits.enumerated() {
            let sets =
                [("set", limits.settings)]
                + HierarchyMode.allCases.map { ("\($0.rawValue)/set", limits.overrides[$0] ?? []) }
            for (name, settings) in sets {
                lint(settings, "limits/\(index)/\(name)", isStanding: true, limits.position)
            }
        }
        for rule in document.rules {
            for (index, action) in rule.actions.enumerated() {
                guard case .set(let settings) = action.kind else { continue }
                lint(
                    settings, "rules/\(rule.name)/do/\(index)/set", isStanding: false,
                    rule.position)
            }
        }
    }

    private mutating func lint(
        _ settings: [Setting], _ path: String, isStanding: Bool, _ position: ConfigPosition
    ) {
        for case .limit(let key, let value) in settings {
            guard let limit = key.limit else { continue }
            let place = places["\(path)/\(key)"] ?? position
            if value == .number(0), let effect = Self.effect(ofZero: key.name, isStanding) {
                note(.zeroLimit, place, "\(key): 0 \(effect)")
            }
            let request = LimitRequest(limit: limit, instance: key.instance, value: value)
            if let excess = request.excess(on: host) {
                note(.aboveHost, place, "\(excess), so it limits nothing here")
            }
        }
    }

    /// Returns the effect of a limit of zero; nil if it may be intended.
    private static func effect(ofZero name: String, _ isStanding: Bool) -> String? {
        switch name {
        case "memory.max", "memory.memsw.max":
            "allows no memory, so the kernel kills every process; use kill instead"
        case "cpu.max": "leaves no CPU time; use freeze for that"
        // In a rule it stops a fork bomb.
        case "pids.max" where isStanding: "prevents every fork; use a larger number"
        default: nil
        }
    }
}
