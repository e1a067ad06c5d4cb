/// One systemd, spoken to over a bus (org.freedesktop.systemd1(5)).
public struct Systemd: Sendable {
    /// Which one it is.
    public let instance: SystemdInstance
    private let bus: any BusConnection

    static let interface = "org.freedesktop.systemd1.Manager"
    private static let object = "/org/freedesktop/systemd1"

    /// Speaks to one systemd.
    public init(_ instance: SystemdInstance, over bus: any BusConnection) {
        self.instance = instance
        self.bus = bus
    }

    /// The number of its version, such as 252.
    public func version() throws(BusError) -> Int {
        let version = try fullVersion()
        guard let number = Int(version.drop { !$0.isNumber }.prefix { $0.isNumber }) else {
            throw .malformed("its version is not a number")
        }
        return number
    }

    /// Its version as it names it, such as `252.39-1~deb12u2`.
    public func fullVersion() throws(BusError) -> String {
        try text("Version")
    }

    /// The cgroup below which all its units are, as PID 1 sees it.
    public func cgroup() throws(BusError) -> String {
        let path = try text("ControlGroup")
        return path.isEmpty ? "/" : path
    }

    private func text(_ name: String) throws(BusError) -> String {
        guard
            case .string(let text) = try property(name, of: Self.object, interface: Self.interface)
        else { throw .malformed("\(name) is not text") }
        return text
    }

    /// The unit of a cgroup or, where that is none, of the nearest one above; nil if there is none.
    ///
    /// The path is as PID 1 sees it.
    public func unit(ofCgroup path: String) throws(BusError) -> UnitFacts? {
        let found: String
        do throws(BusError) {
            found = try objectPath(call("GetUnitByControlGroup", [.string(path)]))
        } catch .refused(BusErrorName.noSuchUnit, _) {
            return nil
        }
        return try facts(of: found)
    }

    /// The unit that a process belongs to; nil if there is none.
    public func unit(ofProcess pid: Int32) throws(BusError) -> UnitFacts? {
        let found: String
        do throws(BusError) {
            found = try objectPath(call("GetUnitByPID", [.uint32(UInt32(pid))]))
        } catch .refused {
            return nil
        }
        return try facts(of: found)
    }

    /// What is known of a unit by its name; nil if it is not loaded.
    public func unit(named name: String) throws(BusError) -> UnitFacts? {
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
        // Each kind of unit with processes has its cgroup's properties in an interface of its own.
        guard let kind = UnitFacts.interface(ofUnit: name) else {
            return UnitFacts(name: name, state: state, cgroup: "", isDelegated: false)
        }
        let cgroup = try property("ControlGroup", of: object, interface: kind)
        let delegate = try property("Delegate", of: object, interface: kind)
        guard case .string(let path) = cgroup, case .boolean(let isDelegated) = delegate else {
            throw .malformed("the properties of \(name) have other types than they should")
        }
        return UnitFacts(name: name, state: state, cgroup: path, isDelegated: isDelegated)
    }

    /// Changes properties of a unit until the machine restarts, all or none.
    public func setProperties(
        of unit: String, _ assignments: [SystemdAssignment]
    ) throws(BusError) {
        try call(
            "SetUnitProperties",
            [.string(unit), .boolean(true), .array(of: "(sv)", assignments.map(\.bus))])
    }

    /// Stops all processes of a unit where they are; returns when they stand still.
    public func freeze(_ unit: String) throws(BusError) { try call("FreezeUnit", [.string(unit)]) }

    /// Lets the processes of a frozen unit go on.
    public func thaw(_ unit: String) throws(BusError) { try call("ThawUnit", [.string(unit)]) }

    /// Sends a signal to all processes of a unit.
    public func kill(_ unit: String, signal: Int32) throws(BusError) {
        try call("KillUnit", [.string(unit), .string("all"), .int32(signal)])
    }

    /// Stops a unit; the job has been queued when this returns, or the unit is gone already.
    public func stop(_ unit: String) throws(BusError) {
        do throws(BusError) {
            try call("StopUnit", [.string(unit), .string("replace")])
        } catch .refused(BusErrorName.noSuchUnit, _) {}
    }

    /// The names of the loaded units that match a pattern (glob(7)).
    public func units(matching pattern: String) throws(BusError) -> [String] {
        let reply = try call(
            "ListUnitsByPatterns", [.array(of: "s", []), .array(of: "s", [.string(pattern)])])
        guard case .array(_, let units) = reply.first else { throw .malformed("it is no list") }
        return units.compactMap {
            if case .structure(let fields) = $0 { fields.first?.text } else { nil }
        }
    }

    /// Starts a unit that exists until it is done; the job has been queued when this returns.
    public func startTransientUnit(
        _ unit: String, _ assignments: [SystemdAssignment]
    ) throws(BusError) {
        try call(
            "StartTransientUnit",
            [
                .string(unit), .string("fail"), .array(of: "(sv)", assignments.map(\.bus)),
                .array(of: "(sa(sv))", []),
            ])
    }

    /// How often a service must say that it is alive, in microseconds; nil if it need not.
    public func watchdog(ofService name: String) throws(BusError) -> UInt64? {
        guard name.hasSuffix(".service") else { return nil }
        let unit = try objectPath(call("GetUnit", [.string(name)]))
        let found = try property(
            "WatchdogUSec", of: unit, interface: "org.freedesktop.systemd1.Service")
        guard case .uint64(let period) = found else {
            throw .malformed("a watchdog's period is not a number")
        }
        return period == 0 || period == .max ? nil : period
    }

    /// A property of one of systemd's objects.
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
            throw .malformed("it is not an object's path")
        }
        return path
    }
}

/// What systemd says of a unit.
public struct UnitFacts: Hashable, Sendable {
    /// Its name.
    public let name: String
    /// `active`, `inactive`, `activating`, `deactivating`, `failed` or `reloading`.
    public let state: String
    /// Its cgroup as PID 1 sees it; empty while it has none.
    public let cgroup: String
    /// Whether what lies below its cgroup was given away.
    public let isDelegated: Bool

    /// The D-Bus interface of a kind of unit that has a cgroup; nil for the other kinds.
    static func interface(ofUnit name: String) -> String? {
        guard let dot = name.lastIndex(of: "."),
            let kind = ["service", "scope", "slice", "socket", "mount", "swap"].first(where: {
                name[name.index(after: dot)...] == $0
            })
        else { return nil }
        return "org.freedesktop.systemd1." + kind.prefix(1).uppercased() + kind.dropFirst()
    }
}
