import Actuation
import CgroupModel
import KernelIO
import Policy
import Synchronization
import Testing

@testable import Actuation
@testable import Enforcement

/// A systemd that has one unit and answers a change with an error, or not at all.
private final class SulkingBus: BusConnection {
    private let failure: BusError
    private let calls = Mutex<[String]>([])

    init(_ failure: BusError) { self.failure = failure }
    var members: [String] { calls.withLock { $0 } }

    func call(_ call: BusCall) throws(BusError) -> [BusValue] {
        calls.withLock { $0.append(call.member) }
        switch (call.member, call.arguments.last) {
        case ("GetUnitByControlGroup", _): return [.objectPath("/unit")]
        case ("Get", .string("Id")): return [.variant(.string("web.service"))]
        case ("Get", .string("ControlGroup")): return [.variant(.string("/web.service"))]
        case ("Get", .string("Delegate")): return [.variant(.boolean(false))]
        case ("Get", .string("Version")): return [.variant(.string("252"))]
        case ("Get", _): return [.variant(.string("active"))]
        default: throw failure
        }
    }
}

@Suite struct SystemdEnforcementTests {
    private let machine: FakeMachine

    init() throws {
        machine = try FakeMachine(["": "cgroup2"])
        try machine.cgroup("/web.service", ["memory.max": "max", "memory.current": "4096"])
    }

    private static let denied = BusError.refused(
        name: "org.freedesktop.DBus.Error.AccessDenied", message: "Access denied")

    @Test(arguments: [denied, .disconnected, .timedOut(seconds: 5), .unreachable("gone")])
    func whatSystemdDoesNotDoIsNotDoneBehindItsBack(_ failure: BusError) throws {
        let bus = SulkingBus(failure)
        let connections = SystemdConnections { Systemd($0, over: bus) }
        let kernel = KernelControlFiles()
        let files = OwnerAwareFiles(
            probe: OwnershipProbe(connections: connections, isSystemdRunning: true),
            actuator: SystemdActuator(
                connections: connections, files: kernel, deviceFile: { _ in nil }),
            kernel: kernel)
        let result = machine.actions(files).once(
            .make(1, .set([.of("memory.max", 1 << 30)]), on: try machine.target("/web.service")))
        #expect(result.outcome.word == "failed")
        #expect(
            result.outcome.errno == (failure == Self.denied ? "EACCES" : "EOPNOTSUPP"),
            "\(result.outcome)")
        #expect(bus.members.contains("SetUnitProperties"))
        #expect(try machine.text("web.service/memory.max") == "max")
        #expect(try machine.journal.entries().isEmpty)
    }
}
