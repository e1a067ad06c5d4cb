/// A client of one systemd instance over D-Bus (org.freedesktop.systemd1(5)).
package struct Systemd: Sendable {
    /// The instance.
    package let instance: SystemdInstance
    private let bus: any BusConnection

    static let interface = "org.freedesktop.systemd1.Manager"
    private static let object = "/org/freedesktop/systemd1"

    /// Creates a client of one instance.
    package init(_ instance: SystemdInstance, over bus: any BusConnection) {
        self.instance = instance
        self.bus = bus
    }

    /// Returns the version number, such as 252.
    package func version() throws(BusError) -> Int {
        let version = try fullVersion()
        guard let number = Int(version.drop { !$0.isNumber }.prefix { $0.isNumber }) else {
            throw .malformed("its version is not a number")
        }
        return number
    }

    /// Returns the full version, such as `252.39-1~deb12u2`.
    package func fullVersion() throws(BusError) -> String {
        try text("Version")
    }

    private func text(_ name: String) throws(BusError) -> String {
        guard
            case .string(let text) = try property(name, of: Self.object, interface: Self.interface)
        else { throw .malformed("\(name) is not text") }
        return text
    }

    /// Returns the unit of a cgroup or of its nearest ancestor that has a unit; nil if none has.
    ///
    /// The path is as PID 1 sees it.
    package func unit(ofCgroup path: String) throws(BusError) -> UnitFacts? {
        let found: String
        do throws(BusError) {
            found = try objectPath(call("GetUnitByControlGroup", [.string(path)]))
        } catch .refused(BusErrorName.noSuchUnit, _) {
            return nil
        }
        return try facts(of: found)
    }

    /// Returns the unit that a process belongs to; nil if there is none.
    package func unit(ofProcess pid: Int32) throws(BusError) -> UnitFacts? {
        let found: String
        do throws(BusError) {
            found = try objectPath(call("GetUnitByPID", [.uint32(UInt32(pid))]))
        } catch .refused {
            return nil
        }
        return try facts(of: found)
    }

    /// Returns the watchdog timeout of a process's service in microseconds; nil if it has none.
    func watchdog(ofProcess pid: Int32) throws(BusError) -> UInt64? {
        do throws(BusError) {
            let found = try objectPath(call("GetUnitByPID", [.uint32(UInt32(pid))]))
            let timeout = try property(
                "WatchdogUSec", of: found, interface: "org.freedesktop.systemd1.Service")
            guard case .uint64(let microseconds) = timeout else {
                throw .malformed("a watchdog timeout is not a number")
            }
            // 0 and infinity mean that it is disabled.
            return microseconds == 0 || microseconds == .max ? nil : microseconds
        } catch .refused {
            // The process has no unit, or its unit is not a service.
            return nil
        }
    }

    /// Returns the facts of a unit by name; nil if it is not loaded.
    package func unit(named name: String) throws(BusError) -> UnitFacts? {
        let found: String
        do throws(BusError) {
            found = try objectPath(call("GetUnit", [.string(name)]))
        } catch .refused(BusErrorName.noSuchUnit, _) {
            return nil
        }
        return try facts(of: found)
    }

    private func facts(of object: String) throws(BusError) -> UnitFacts {
        let unit = "org.freedesktop.systemd1.Unit"
        guard case .string(let name) = try property("Id", of: object, interface: unit),
            case .string(let state) = try property("ActiveState", of: object, interface: unit)
        else { throw .malformed("a unit's name is not text") }
        // Each kind of unit with processes has its cgroup's properties in a separate interface.
        guard let kind = UnitFacts.interface(ofUnit: name) else {
            return UnitFacts(name: name, state: state, cgroup: "", isDelegated: false)
        }
        let cgroup = try property("ControlGroup", of: object, interface: kind)
        let delegate = try property("Delegate", of: object, interface: kind)
        guard case .string(let path) = cgroup, case .boolean(let isDelegated) = delegate else {
            throw .malformed("the properties of \(name) have unexpected types")
        }
        return UnitFacts(name: name, state: state, cgroup: path, isDelegated: isDelegated)
    }

    /// Sets properties of a unit until the next reboot, all or none.
    package func setProperties(
        of unit: String, _ assignments: [SystemdAssignment]
    ) throws(BusError) {
        try call(
            "SetUnitProperties",
            [.string(unit), .boolean(true), .array(of: "(sv)", assignments.map(\.bus))])
    }

    /// Freezes all processes of a unit, and returns once they are frozen.
    package func freeze(_ unit: String) throws(BusError) { try call("FreezeUnit", [.string(unit)]) }

    /// Thaws a frozen unit.
    package func thaw(_ unit: String) throws(BusError) { try call("ThawUnit", [.string(unit)]) }

    /// Queues a job that stops a unit; does nothing if the unit does not exist.
    package func stop(_ unit: String) throws(BusError) {
        do throws(BusError) {
            try call("StopUnit", [.string(unit), .string("replace")])
        } catch .refused(BusErrorName.noSuchUnit, _) {}
    }

    /// Queues a job that starts a transient unit.
    package func startTransientUnit(
        _ unit: String, _ assignments: [SystemdAssignment]
    ) throws(BusError) {
        try call(
            "StartTransientUnit",
            [
                .string(unit), .string("fail"), .array(of: "(sv)", assignments.map(\.bus)),
                .array(of: "(sa(sv))", []),
            ])
    }

    /// Reads a property of one of systemd's objects.
    func property(
        _ name: String, of object: String, interface: String
    ) throws(BusError) -> BusValue {
        let reply = try bus.call(
            BusCall(
                object: object, interface: "org.freedesktop.DBus.Properties", member: "Get",
                [.string(interface), .string(name)]))
        guard case .variant(let value) = reply.first else {
            throw .malformed("the property \(name) has no value")
        }
        return value
    }

    @discardableResult
    private func call(_ member: String, _ arguments: [BusValue]) throws(BusError) -> [BusValue] {
        try bus.call(
            BusCall(
                object: Self.object, interface: Self.interface, member: member, arguments))
    }

    private func objectPath(_ reply: [BusValue]) throws(BusError) -> String {
        guard case .objectPath(let path) = reply.first else {
            throw .malformed("it is not an object path")
        }
        return path
    }
}

/// The properties of a unit.
package struct UnitFacts: Hashable, Sendable {
    /// Its name.
    package let name: String
    /// The state: `active`, `inactive`, `activating`, `deactivating`, `failed` or `reloading`.
    package let state: String
    /// The cgroup as PID 1 sees it; empty while there is none.
    package let cgroup: String
    /// Whether its subtree is delegated.
    package let isDelegated: Bool

    /// The D-Bus interface of a kind of unit with a cgroup; nil for other kinds.
    static func interface(ofUnit name: String) -> String? {
        guard let dot = name.lastIndex(of: "."),
            let kind = ["service", "scope", "slice", "socket", "mount", "swap"].first(where: {
                name[name.index(after: dot)...] == $0
            })
        else { return nil }
        return "org.freedesktop.systemd1." + kind.prefix(1).uppercased() + kind.dropFirst()
    }
}
