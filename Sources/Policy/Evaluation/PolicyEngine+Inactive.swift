public import CgroupModel

/// A part of the policy that is about a cgroup and asks for nothing now.
public struct InactivePart: Hashable, Sendable {
    /// Which part.
    public var origin: Effect.Origin
    /// What it would do: `set memory.max=512MiB`.
    public var actions: [String]
    /// Why it does not.
    public var reason: String
}

extension PolicyEngine {
    /// Whether the last sample has the cgroup at a path.
    public func sees(_ path: CgroupPath) -> Bool { input?.snapshot.index(of: path) != nil }

    /// The standing limits and the rules that the cgroup at a path belongs to and that are not
    /// active, in the order of the policy.
    public func inactive(on path: CgroupPath) -> [InactivePart] {
        guard let input, let position = input.snapshot.index(of: path),
            let row = rows.row(of: input.snapshot.cgroups[position].id)
        else { return [] }
        func isMember(of group: String) -> Bool { matcher.members(of: group).contains(position) }
        let standing = limits.filter { isMember(of: $0.limits.group) }.compactMap { limits in
            reason(limits, input).map {
                InactivePart(
                    origin: limits.origin, actions: limits.assignments.map { "set \($0.text)" },
                    reason: $0)
            }
        }
        let idle = document.rules.compactMap { rule in
            rules.firstIndex { $0.rule.name == rule.name }
        }.filter { isMember(of: rules[$0].rule.group) }.compactMap { place in
            reason(place, row).map {
                InactivePart(
                    origin: rules[place].origin,
                    actions: rules[place].rule.actions.compactMap(\.kind.verb), reason: $0)
            }
        }
        return standing + idle
    }

    /// Why standing limits do not hold; nil if they do.
    private func reason(_ limits: LimitRuntime, _ input: PolicyInput) -> String? {
        if let disabled = limits.disabled { return disabled }
        if limits.holds { return nil }
        if let during = limits.limits.during, !during.contains(input.minuteOfDay) {
            return "it is outside \(during)"
        }
        return limits.when.map { reason($0, row: 0) }
    }

    /// Why a rule does nothing to a cgroup now; nil if it does.
    private func reason(_ place: Int, _ row: Int) -> String? {
        let runtime = rules[place]
        if let disabled = runtime.disabled ?? lack(of: runtime) { return disabled }
        let row = runtime.isAggregate ? 0 : row
        guard row < runtime.states.count else { return nil }
        let instance = runtime.instances[row]
        switch runtime.states[row] {
        case .active, .clearing, .relaxing: return nil
        case .idle: return reason(runtime.when, row: row)
        case .pending:
            return "\(runtime.when.text) has not been true for "
                + "\(runtime.rule.holdTime.policyText) yet"
        case .blocked, .suspended, .cooldown:
            let state = runtime.states[row].text
            return instance?.reason.map { "\(state): \($0)" } ?? "\(state) after it was active"
        }
    }

    /// `memory.current > 1GiB is false (memory.current is 1048576B)`.
    private func reason(_ condition: Program, row: Int) -> String {
        let truth = measurements.truth(condition, row: row)
        let numbers = measurements.evidence(condition, row: row).map {
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
