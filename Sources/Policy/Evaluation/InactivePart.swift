package import CgroupModel
internal import PolicyLanguage

/// A standing limit that is about a cgroup and asks for nothing now.
package struct InactivePart: Hashable, Sendable {
    /// Which part.
    package var origin: Effect.Origin
    /// What it would do: `set memory.max=512MiB`.
    package var actions: [String]
    /// Why it does not.
    package var reason: String
}

extension PolicyEngine {
    /// Whether the last sample has the cgroup at a path.
    package func sees(_ path: CgroupPath) -> Bool { sight.row(at: path) != nil }

    /// The standing limits that the cgroup at a path belongs to and that do not hold, in the order
    /// of the policy.
    package func inactive(on path: CgroupPath) -> [InactivePart] {
        guard let input = sight.input, let position = input.snapshot.index(of: path) else {
            return []
        }
        return limits.filter { matcher.members(of: $0.limits.group).contains(position) }
            .compactMap { limits in
                reason(limits, input).map {
                    InactivePart(
                        origin: limits.origin, actions: limits.assignments.map { "set \($0.text)" },
                        reason: $0)
                }
            }
    }

    /// Why standing limits do not hold; nil if they do.
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
