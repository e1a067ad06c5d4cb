import Actuation
import CgroupModel
import Foundation
import KernelIO
import Policy
import Synchronization
import Testing

@testable import Actuation
@testable import Enforcement

/// A systemd with one unit; what it does about a change is up to a test.
private final class OneUnitBus: BusConnection {
    private let change: @Sendable (BusCall) throws(BusError) -> Void
    private let calls = Mutex<[BusCall]>([])
    private let version: String

    init(
        version: String = "252", _ change: @escaping @Sendable (BusCall) throws(BusError) -> Void
    ) {
        self.version = version
        self.change = change
    }

    /// How often it was asked to change something.
    var changes: Int { calls.withLock { $0.count { $0.member == "SetUnitProperties" } } }

    func call(_ call: BusCall) throws(BusError) -> [BusValue] {
        calls.withLock { $0.append(call) }
        switch (call.member, call.arguments.last) {
        case ("GetUnitByControlGroup", _): return [.objectPath("/unit")]
        case ("Get", .string("Id")): return [.variant(.string("web.service"))]
        case ("Get", .string("ControlGroup")): return [.variant(.string("/web.service"))]
        case ("Get", .string("Delegate")): return [.variant(.boolean(false))]
        case ("Get", .string("Version")): return [.variant(.string(version))]
        case ("Get", _): return [.variant(.string("active"))]
        default:
            try change(call)
            return []
        }
    }
}

/// Row 33: systemd says no, or nothing at all.
@Suite struct SystemdEnforcementTests {
    private let machine: FakeMachine

    init() throws {
        machine = try FakeMachine(["": "cgroup2"])
        try machine.cgroup(
            "/web.service",
            [
                "memory.max": "max", "memory.current": "4096", "pids.max": "max",
                "pids.current": "1",
            ])
    }

    private static let denied = BusError.refused(
        name: "org.freedesktop.DBus.Error.AccessDenied", message: "Access denied")

    private func files(_ bus: OneUnitBus) -> OwnerAwareFiles {
        let connections = SystemdConnections { Systemd($0, over: bus) }
        let kernel = KernelControlFiles()
        return OwnerAwareFiles(
            probe: OwnershipProbe(connections: connections, isSystemdRunning: true),
            actuator: SystemdActuator(
                connections: connections, files: kernel, deviceFile: { _ in nil }),
            kernel: kernel)
    }

    private static let wishes: [LimitAssignment] = [
        .of("memory.max", 1 << 30), .of("pids.max", 50),
    ]

    private func work(_ bus: OneUnitBus, byRule: Bool = false) -> PolicyAtWork {
        PolicyAtWork(
            .setting(Self.wishes, byRule: byRule), on: machine, machine.actions(files(bus)),
            ["/web.service"])
    }

    private func checkUntouched() throws {
        #expect(try machine.text("web.service/memory.max") == "max")
        #expect(try machine.text("web.service/pids.max") == "max")
        #expect(try machine.journal.entries().isEmpty)
    }

    /// A silence passes: tried again after one, two and four seconds, then after five minutes; the
    /// rule is not given up, and nothing is written behind systemd's back.
    @Test(arguments: [
        (BusError.timedOut(seconds: 5), "ETIMEDOUT"), (.disconnected, "ECONNRESET"),
        (.unreachable("gone"), "ENOTCONN"),
    ])
    func missingReplyIsRetried(_ failure: BusError, _ errno: String) throws {
        let bus = OneUnitBus { _ throws(BusError) in throw failure }
        var work = work(bus, byRule: true)
        for time in 0...300 { try work.tick(time) }
        #expect(work.times(of: "set") == [0, 2, 5, 10])
        let ends = work.ends(of: "set")
        #expect(ends.allSatisfy { $0.hasSuffix("failed \(errno)") }, "\(ends)")
        #expect(bus.changes == 4)
        #expect(work.engine.metrics.states.map(\.state) == [.active])
        try checkUntouched()
    }

    @Test func deniedValuesAreRetriedAfterFiveMinutes() throws {
        let bus = OneUnitBus { _ throws(BusError) in throw Self.denied }
        var work = work(bus)
        for time in 0...310 { try work.tick(time) }
        #expect(work.times(of: "set") == [0, 301])
        #expect(work.ends(of: "set").allSatisfy { $0.hasSuffix("failed EACCES") })
        try checkUntouched()
    }

    @Test func unsupportedPropertySuspendsTheRule() throws {
        let bus = OneUnitBus(version: "220") { _ throws(BusError) in }
        var work = work(bus, byRule: true)
        for time in 0...5 { try work.tick(time) }
        #expect(work.ends(of: "set") == ["1 failed EOPNOTSUPP"])
        #expect(bus.changes == 0)
        #expect(work.engine.metrics.states.map(\.state) == [.suspended])
        try checkUntouched()
    }

    /// systemd accepts it, but the file is unchanged: ineffective, and nothing to restore.
    @Test func unchangedFileIsReported() throws {
        let bus = OneUnitBus { _ throws(BusError) in }
        let result = machine.actions(files(bus)).once(
            .make(1, .set(Self.wishes), on: try machine.target("/web.service")))
        #expect(result.outcome.word == "ineffective", "\(result.outcome)")
        #expect("\(result.outcome)".contains("memory.max is still max"))
        try checkUntouched()
    }

    /// All values of a unit are one question.
    @Test func unitIsQueriedOnce() throws {
        let root = machine.root
        let bus = OneUnitBus { call throws(BusError) in
            guard case .array(_, let properties) = call.arguments.last else { return }
            for case .structure(let fields) in properties {
                guard case .variant(.uint64(let number)) = fields.last else { continue }
                let file = fields.first == .string("MemoryMax") ? "memory.max" : "pids.max"
                let place = URL(filePath: "\(root)/cgroup/web.service/\(file)")
                try? Data("\(number)\n".utf8).write(to: place)
            }
        }
        let target = try machine.target("/web.service")
        let actions = machine.actions(files(bus))
        let result = actions.once(.make(1, .set(Self.wishes), on: target))
        #expect(result.outcome == .done, "\(result.outcome)")
        #expect(bus.changes == 1)
        #expect(try machine.text("web.service/memory.max") == "1073741824")
        #expect(try machine.text("web.service/pids.max") == "50")
    }

    /// A hung bus blocks a thread, but no tick; cgroups without an owner continue.
    @Test(.timeLimit(.minutes(10))) func hungBusDoesNotDelayTicks() throws {
        try machine.cgroup("/plain", ["pids.max": "max", "pids.current": "1"])
        let door = Door()
        let bus = OneUnitBus { _ throws(BusError) in
            door.wait()
            throw BusError.timedOut(seconds: 5)
        }
        let clock = FakeClock()
        let enforcer = Enforcer(
            actions: machine.actions(files(bus)), hooks: FakeHooks(nil), policyHooks: [],
            notices: NoticeLog(), bounds: Enforcer.Bounds(), clock: clock.ofEffects)
        var work = PolicyAtWork(
            .setting([.of("pids.max", 50)], byRule: false), on: machine,
            ["/plain", "/web.service"]
        ) { effects in
            enforcer.enforce(effects)
            return enforcer.takeResults()
        }
        var time = 0
        for ends in [["done"], ["done", "hung"]] {
            let reached = try Deadline(after: .seconds(60)).wait {
                try work.tick(time)
                time += 1
                return work.audit.compactMap(\.record.outcome).map(\.word).sorted() == ends
            }
            #expect(reached, "\(work.audit)")
            clock.advance(by: .seconds(60))
        }
        #expect(try machine.text("plain/pids.max") == "50")
        door.open()
        #expect(enforcer.waitUntilIdle(within: .seconds(60)))
        #expect(try machine.text("web.service/pids.max") == "max")
        #expect(try machine.journal.entries().map(\.path) == [CgroupPath("/plain")])
    }
}
