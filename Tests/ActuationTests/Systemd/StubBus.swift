import Actuation
import Synchronization

/// Answers calls out of a closure, and keeps them.
final class StubBus: BusConnection {
    private let answer: @Sendable (BusCall) throws(BusError) -> [BusValue]
    private let seen = Mutex<[BusCall]>([])

    init(answer: @escaping @Sendable (BusCall) throws(BusError) -> [BusValue]) {
        self.answer = answer
    }

    var calls: [BusCall] { seen.withLock { $0 } }

    func call(_ call: BusCall) throws(BusError) -> [BusValue] {
        seen.withLock { $0.append(call) }
        return try answer(call)
    }
}

/// Units that a stub knows, by the object path that it gives them.
struct StubUnits: Sendable {
    struct Unit: Sendable {
        let name: String
        let cgroup: String
        var isDelegated = false
        var state = "active"
    }

    var units: [Unit]
    var version = "252.39-1~deb12u2"

    /// The reply of systemd; nil for a call that changes something.
    func answer(_ call: BusCall) throws(BusError) -> [BusValue]? {
        switch (call.member, call.arguments) {
        case ("GetUnitByControlGroup", let arguments):
            let path = arguments.first?.text ?? ""
            // The nearest one at or above the path.
            let found = units.indices.filter {
                path == units[$0].cgroup || path.hasPrefix(units[$0].cgroup + "/")
            }.max { units[$0].cgroup.count < units[$1].cgroup.count }
            guard let found else { throw Self.noSuchUnit }
            return [.objectPath("/unit/\(found)")]
        case ("GetUnit", let arguments):
            let name = arguments.first?.text
            guard let found = units.firstIndex(where: { $0.name == name }) else {
                throw Self.noSuchUnit
            }
            return [.objectPath("/unit/\(found)")]
        case ("Get", let arguments):
            if arguments.last?.text == "Version" { return [.variant(.string(version))] }
            guard let index = Int(call.object.dropFirst("/unit/".count)) else { return nil }
            return [.variant(property(arguments.last?.text, of: units[index]))]
        default: return nil
        }
    }

    private func property(_ name: String?, of unit: Unit) -> BusValue {
        switch name {
        case "Id": .string(unit.name)
        case "ControlGroup": .string(unit.cgroup)
        case "Delegate": .boolean(unit.isDelegated)
        default: .string(unit.state)
        }
    }

    static let noSuchUnit = BusError.refused(
        name: "org.freedesktop.systemd1.NoSuchUnit", message: "Unit is not loaded.")
}

extension BusValue {
    /// The text of a string or an object path; nil for other types.
    var text: String? {
        switch self {
        case .string(let text), .objectPath(let text): text
        default: nil
        }
    }
}

extension SystemdActuator {
    func plan(_ values: [FileValue], in directory: CgroupDirectory) throws -> SystemdPlan {
        try plan(values.map { PlacedValue($0, in: directory) })
    }

    func set(
        _ values: [FileValue], on unit: SystemdUnit, in directory: CgroupDirectory
    ) throws -> [SystemdResult] {
        try set(values.map { PlacedValue($0, in: directory) }, on: unit)
    }
}
