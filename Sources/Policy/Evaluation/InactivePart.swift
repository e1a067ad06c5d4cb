package import CgroupModel
internal import PolicyLanguage

/// A standing limit that covers a cgroup but is not in force.
package struct InactivePart: Hashable, Sendable {
    /// The standing limit.
    package var origin: Effect.Origin
    /// What it would set: `set memory.max=512MiB`.
    package var actions: [String]
    /// Why it is not in force.
    package var reason: String
}

extension PolicyEngine {
    /// Whether there was a snapshot.
    package var hasSample: Bool { sight.input != nil }

    /// Whether the last snapshot contains the cgroup at a path.
    package func sees(_ path: CgroupPath) -> Bool { sight.row(at: path) != nil }

    /// Returns the standing limits that cover the cgroup at a path but are not in force, in the
    /// order of the policy.
    package func inactive(on path: CgroupPath) -> [InactivePart] {
        guard let input = sight.input, let position = input.snapshot.index(of: path) else {
            return []
        }
        return limits.limits { matcher.members(of: $0).contains(position) }
            .compactMap { limits in
                reason(limits, input).map {
                    InactivePart(
                        origin: limits.origin, actions: limits.assignments.map { "set \($0.text)" },
                        reason: $0)
                }
            }
    }

    /// Returns why standing limits are not in force; nil if they are.
    private func reason(_ limits: LimitRuntime, _ input: PolicyInput) -> String? {
        if let disabled = limits.disabled { return disabled }
        if limits.holds { return nil }
        if let during = limits.limits.during, !during.contains(input.minuteOfDay) {
            return "it is outside \(during)"
        }
        return limits.when.map { reason($0) }
    }

    /// `host.load > 5 is false (host.load is 1.000)`.
    private func reason(_ condition: Program) -> String {
        let truth = measurements.truth(condition, row: .whole)
        let numbers = measurements.evidence(condition, row: .whole, withReasons: true).map {
            "\($0.term) is \($0.value)"
        }.joined(separator: ", ")
        let state =
            switch truth {
            case .no: "is false"
            case .unknown: "cannot be decided"
            case .yes: "has just become true"
            }
        return "\(condition.text) \(state)" + (numbers.isEmpty ? "" : " (\(numbers))")
    }
}
