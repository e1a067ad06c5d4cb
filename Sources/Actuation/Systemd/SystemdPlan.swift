/// The planned assignments of systemd properties.
package struct SystemdPlan: Hashable, Sendable {
    /// The properties and their values, in order.
    package let assignments: [SystemdAssignment]

    init(_ assignments: [SystemdAssignment]) { self.assignments = assignments }

    /// The names of the properties, without duplicates.
    package var properties: [String] {
        assignments.map(\.property).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    /// Warnings about values that systemd itself will change later, one sentence each.
    package var warnings: [String] {
        assignments.compactMap { assignment in
            guard assignment.property == "CPUQuotaPerSecUSec",
                case .u64(let quota) = assignment.value, quota != .max, quota % 10_000 != 0
            else { return nil }
            // systemd stores the quota as a whole percentage.
            return "systemd stores whole percents of a CPU: "
                + "after its next daemon-reload the quota is \(quota / 10_000)%"
        }
    }
}
