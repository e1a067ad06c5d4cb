internal import CgroupModel
internal import Glibc
internal import Hierarchy
internal import KernelIO

/// The result of setting a value through systemd.
package struct SystemdResult: Hashable, Sendable {
    /// The requested value.
    package let wanted: FileValue
    /// The file's current text; nil if it cannot be read.
    package let found: String?
    /// Whether that is equivalent to the requested value.
    package let isApplied: Bool
}

/// Changes cgroups through systemd and reads their files back.
package struct SystemdActuator: Sendable {
    private let connections: SystemdConnections
    private let files: any ControlFiles
    private let translation: @Sendable (CgroupDirectory) -> SystemdTranslation

    /// Uses `connections` for changes and `files` to read back; `deviceFile` maps `MAJOR:MINOR` to
    /// a device file.
    package init(
        connections: SystemdConnections, files: any ControlFiles,
        deviceFile: @escaping @Sendable (String) -> String?
    ) {
        self.connections = connections
        self.files = files
        translation = { directory in
            SystemdTranslation(
                current: { try? files.text($0, of: directory) }, deviceFile: deviceFile)
        }
    }

    /// Returns the assignments that `set` would make; throws for a value without a property.
    package func plan(_ values: [PlacedValue]) throws(ActuationError) -> SystemdPlan {
        var assignments: [SystemdAssignment] = []
        for (directory, values) in values.byDirectory {
            var settings: [FileSetting] = []
            for value in values { settings += try value.settings }
            assignments += try translation(directory).assignments(for: settings)
        }
        return SystemdPlan(assignments)
    }

    /// Sets values of a unit's own cgroup until the next reboot, with one call, all or none.
    ///
    /// Waits up to a second for systemd's writes; the results have the files' texts after that.
    package func set(
        _ values: [PlacedValue], on unit: SystemdUnit
    ) throws(ActuationError) -> [SystemdResult] {
        let assignments = try plan(values).assignments
        let systemd = connections[unit.instance]
        let what = "set \(values.map(\.value.file).joined(separator: ", ")) of \(unit)"
        let version = try asking(what) { () throws(BusError) in try systemd.version() }
        if let unknown = assignments.first(where: { $0.since > version }) {
            throw ActuationError(
                .refused(
                    name: BusErrorName.unknownProperty,
                    message: "\(version) does not support \(unknown.property), "
                        + "which needs version \(unknown.since)"), while: what)
        }
        try asking(what) { () throws(BusError) in
            try systemd.setProperties(of: unit.name, assignments)
        }
        // systemd replies before it writes.
        let results = awaited(seconds: 1) {
            values.map { one in
                let found = try? files.text(one.value.file, of: one.directory)
                let isApplied = found.map(ReadBack(wanted: one.value).isMet) ?? false
                return SystemdResult(wanted: one.value, found: found, isApplied: isApplied)
            }
        } until: {
            $0.allSatisfy(\.isApplied)
        }
        return results
    }

    /// Freezes a unit, and returns whether the kernel confirms it.
    package func freeze(
        _ unit: SystemdUnit, in directory: CgroupDirectory
    ) throws(ActuationError) -> Bool {
        let systemd = connections[unit.instance]
        try asking("freeze \(unit)") { () throws(BusError) in
            try systemd.freeze(unit.name)
            // systemd does nothing if it has not noticed that another program thawed the unit.
            if (try? files.text("cgroup.freeze", of: directory)) == "0" {
                try systemd.thaw(unit.name)
                try systemd.freeze(unit.name)
            }
        }
        return awaitFrozen(true, directory)
    }

    /// Thaws a unit, and returns whether the kernel confirms it.
    package func thaw(
        _ unit: SystemdUnit, in directory: CgroupDirectory
    ) throws(ActuationError) -> Bool {
        let systemd = connections[unit.instance]
        try asking("thaw \(unit)") { () throws(BusError) in try systemd.thaw(unit.name) }
        // systemd also does nothing if another program froze the unit.
        if (try? files.text("cgroup.freeze", of: directory)) == "1" {
            try? files.write("0", to: "cgroup.freeze", of: directory)
        }
        return awaitFrozen(false, directory)
    }

    private func awaitFrozen(_ wanted: Bool, _ directory: CgroupDirectory) -> Bool {
        let interface = FreezeInterface(version: .unified)
        let read = { (name: String) throws(IOError) -> String in
            try files.text(name, of: directory)
        }
        return awaited(seconds: 1) {
            (try? wanted ? interface.isFrozen(read) : interface.isThawed(read)) ?? false
        } until: {
            $0
        }
    }
}

/// Converts D-Bus errors into errors that name the operation.
func asking<Answer>(
    _ what: String, _ body: () throws(BusError) -> Answer
) throws(ActuationError) -> Answer {
    do throws(BusError) {
        return try body()
    } catch {
        throw ActuationError(error, while: what)
    }
}

/// Polls every 10 ms until the condition holds or the time is over, and returns the last result.
func awaited<Look>(
    seconds: Double, _ look: () -> Look, until holds: (Look) -> Bool
) -> Look {
    let deadline = MonotonicClock.nanoseconds + UInt64(seconds * 1e9)
    while true {
        let seen = look()
        if holds(seen) || MonotonicClock.nanoseconds >= deadline { return seen }
        usleep(10_000)
    }
}
