internal import CgroupModel

/// A scope: systemd creates it around running processes and removes it once they exit.
package struct SystemdScope: Sendable {
    /// Its unit.
    package let unit: SystemdUnit
    /// Its cgroup as PID 1 sees it.
    package let cgroup: String

    /// Starts a scope around processes, and returns once they are in it.
    ///
    /// - Parameters:
    ///   - name: The unit's name, which ends in `.scope`.
    ///   - processes: The process IDs.
    ///   - slice: The unit above it; systemd's default if nil.
    ///   - assignments: Further properties, such as limits.
    package static func start(
        _ name: String, holding processes: [UInt32], describedAs description: String,
        below slice: String? = nil, with assignments: [SystemdAssignment] = [],
        by systemd: Systemd
    ) throws(ActuationError) -> SystemdScope {
        var properties = [
            SystemdAssignment("Description", .string(description)),
            SystemdAssignment("PIDs", .processes(processes)),
            // Without this, a failed scope would remain and keep its name.
            SystemdAssignment("CollectMode", .string("inactive-or-failed")),
        ]
        if let slice { properties.append(SystemdAssignment("Slice", .string(slice))) }
        properties.append(contentsOf: assignments)
        let what = "start \(name)"
        try asking(what) { () throws(BusError) in
            try systemd.startTransientUnit(name, properties)
        }
        let started = awaited(seconds: 5) {
            Result { () throws(BusError) in try systemd.unit(named: name) }
        } until: {
            guard case .success(let facts?) = $0 else { return true }
            return facts.state != "activating" && facts.state != "inactive"
        }
        let facts = try asking(what) { () throws(BusError) in try started.get() }
        guard let facts, facts.state == "active", !facts.cgroup.isEmpty else {
            throw ActuationError(
                .failed,
                "cannot start \(name): \(facts.map { "it is \($0.state)" } ?? "it has already exited"); "
                    + "see `systemctl status \(ShellWord.quoted(name))`")
        }
        return SystemdScope(
            unit: SystemdUnit(name, of: systemd.instance), cgroup: facts.cgroup)
    }
}
