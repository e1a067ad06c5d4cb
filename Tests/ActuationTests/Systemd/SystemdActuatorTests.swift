import CgroupModel
import Foundation
import KernelIO
import Synchronization
import Testing

@testable import Actuation

@Suite struct SystemdActuatorTests {
    private static let unit = SystemdUnit("web.service")

    private static func actuator(
        _ answer: @escaping @Sendable (BusCall) throws(BusError) -> [BusValue]
    ) -> (SystemdActuator, StubBus) {
        let bus = StubBus(answer: answer)
        let connections = SystemdConnections { Systemd($0, over: bus) }
        let actuator = SystemdActuator(
            connections: connections, files: KernelControlFiles(), deviceFile: { _ in "/dev/vda" })
        return (actuator, bus)
    }

    private static let machine = StubUnits(units: [])

    @Test func setValueIsReadBack() throws {
        let tree = try CapturedCgroups()
        let web = try tree.cgroup("/web.service", ["memory.max": "max", "pids.max": "max"])
        let (actuator, bus) = Self.actuator { call throws(BusError) in
            if let answer = try Self.machine.answer(call) { return answer }
            tree.write("8192", to: "/web.service/memory.max")
            tree.write("5", to: "/web.service/pids.max")
            return []
        }
        let values = [FileValue("memory.max", "8200"), FileValue("pids.max", "5")]
        let results = try actuator.set(values, on: Self.unit, in: web)
        #expect(results.map(\.isApplied) == [true, true])
        #expect(results.map(\.found) == ["8192", "5"])
        #expect(bus.calls.filter { $0.member == "SetUnitProperties" }.count == 1)
    }

    @Test func valueThatIsNotAppliedIsReported() throws {
        let tree = try CapturedCgroups()
        let web = try tree.cgroup("/web.service", ["memory.max": "max"])
        let (actuator, _) = Self.actuator { call throws(BusError) in
            try Self.machine.answer(call) ?? []
        }
        let values = [FileValue("memory.max", "8192"), FileValue("pids.max", "5")]
        let start = ContinuousClock.now
        let results = try actuator.set(values, on: Self.unit, in: web)
        #expect(ContinuousClock.now - start >= .seconds(1))
        #expect(results.map(\.isApplied) == [false, false])
        #expect(results.map(\.found) == ["max", nil])
    }

    @Test func unsupportedPropertyIsNotSentToAnOldSystemd() throws {
        let tree = try CapturedCgroups()
        let web = try tree.cgroup("/web.service")
        var old = Self.machine
        old.version = "v239"
        let (actuator, bus) = Self.actuator { [old] call throws(BusError) in
            try old.answer(call) ?? []
        }
        #expect {
            try actuator.set([FileValue("memory.min", "4096")], on: Self.unit, in: web)
        } throws: { error in
            let error = error as? ActuationError
            return error?.code == .unavailable && error?.message.contains("MemoryMin") == true
                && error?.message.contains("240") == true
        }
        #expect(!bus.calls.contains { $0.member == "SetUnitProperties" })
    }

    /// A quota is older than its period, which is always set with it.
    @Test func aQuotaNeedsASystemdThatKnowsItsPeriod() throws {
        let tree = try CapturedCgroups()
        let web = try tree.cgroup("/web.service")
        var old = Self.machine
        old.version = "v241"
        let (actuator, _) = Self.actuator { [old] call throws(BusError) in
            try old.answer(call) ?? []
        }
        #expect {
            try actuator.set([FileValue("cpu.max", "5000 10000")], on: Self.unit, in: web)
        } throws: { error in
            let message = (error as? ActuationError)?.message ?? ""
            return message.contains("CPUQuotaPeriodUSec") && message.contains("242")
        }
    }

    @Test func onlyAFractionalQuotaWarns() throws {
        let tree = try CapturedCgroups()
        let web = try tree.cgroup("/web.service")
        let (actuator, _) = Self.actuator { _ throws(BusError) in [] }
        func warnings(_ text: String) throws -> Int {
            try actuator.plan([FileValue("cpu.max", text)], in: web).warnings.count
        }
        #expect(try warnings("10000 30000") == 1)
        #expect(try warnings("33000 100000") == 0)
        #expect(try warnings("max 100000") == 0)
    }

    private static let refusals: [(BusError, ActuationError.Code)] = [
        (.refused(name: "org.freedesktop.DBus.Error.AccessDenied", message: "no"), .notPermitted),
        (
            .refused(
                name: "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired", message: "no"),
            .notPermitted
        ),
        (.refused(name: "org.freedesktop.systemd1.NoSuchUnit", message: "no"), .notFound),
        (.refused(name: "org.freedesktop.systemd1.UnitInactive", message: "no"), .notFound),
        (.refused(name: "org.freedesktop.systemd1.UnitExists", message: "no"), .busy),
        (
            .refused(name: "org.freedesktop.DBus.Error.PropertyReadOnly", message: "no"),
            .unavailable
        ),
        (.refused(name: "org.freedesktop.DBus.Error.InvalidArgs", message: "no"), .usage),
        (.refused(name: "org.freedesktop.DBus.Error.Failed", message: "no"), .failed),
        (.timedOut(seconds: 5), .busy), (.disconnected, .busy),
        (.unreachable("No such file or directory"), .unavailable), (.malformed("x"), .failed),
    ]

    @Test(arguments: refusals.indices)
    func errorIsOneSentenceAndNothingIsWritten(_ row: Int) throws {
        let (failure, code) = Self.refusals[row]
        let tree = try CapturedCgroups()
        let web = try tree.cgroup("/web.service", ["memory.max": "max"])
        let (actuator, _) = Self.actuator { call throws(BusError) in
            if let answer = try Self.machine.answer(call) { return answer }
            throw failure
        }
        #expect {
            try actuator.set([FileValue("memory.max", "8192")], on: Self.unit, in: web)
        } throws: { error in
            guard let error = error as? ActuationError else { return false }
            return error.code == code && !error.message.contains("\n")
                && error.message.hasPrefix("cannot set memory.max of web.service: ")
        }
        #expect(try web.text("memory.max") == "max")
    }

    @Test func freezingIsConfirmedByTheKernel() throws {
        let tree = try CapturedCgroups()
        let web = try tree.cgroup("/web.service", ["cgroup.events": "populated 1\nfrozen 0"])
        let (actuator, _) = Self.actuator { call throws(BusError) in
            let flag = call.member == "FreezeUnit" ? 1 : 0
            tree.write("populated 1\nfrozen \(flag)", to: "/web.service/cgroup.events")
            return []
        }
        #expect(try actuator.freeze(Self.unit, in: web))
        #expect(try actuator.thaw(Self.unit, in: web))
        let (idle, _) = Self.actuator { _ throws(BusError) in [] }
        #expect(try !idle.freeze(Self.unit, in: web))
    }

    @Test func scopeStartIsAwaited() throws {
        let looks = Mutex(0)
        let bus = StubBus { call throws(BusError) in
            guard call.member != "StartTransientUnit" else { return [.objectPath("/job/1")] }
            let count = looks.withLock { looks in
                if call.member == "GetUnit" { looks += 1 }
                return looks
            }
            // It is not active immediately.
            let state = count < 3 ? "inactive" : "active"
            let units = [StubUnits.Unit(name: "a.scope", cgroup: "/a.scope", state: state)]
            return try StubUnits(units: units).answer(call) ?? []
        }
        let scope = try SystemdScope.start(
            "a.scope", holding: [42], describedAs: "A test", below: "user.slice",
            with: [SystemdAssignment("MemoryMax", .u64(4096))],
            by: Systemd(.system, over: bus))
        #expect(scope.cgroup == "/a.scope")
        let call = try #require(bus.calls.first { $0.member == "StartTransientUnit" })
        #expect(call.arguments.prefix(2) == [.string("a.scope"), .string("fail")])
        guard case .array("(sv)", let properties) = call.arguments[2] else {
            Issue.record("\(call)")
            return
        }
        for wanted: BusValue in [
            .structure([.string("PIDs"), .variant(.array(of: "u", [.uint32(42)]))]),
            .structure([.string("MemoryMax"), .variant(.uint64(4096))]),
            .structure([.string("Slice"), .variant(.string("user.slice"))]),
        ] { #expect(properties.contains(wanted)) }
    }

    @Test func helperGetsAScopeThatDoesNotDelayAShutdown() throws {
        let name = "cgwarden-undo-\(getpid()).scope"
        let units = StubUnits(units: [.init(name: name, cgroup: "/\(name)", state: "active")])
        let bus = StubBus { call throws(BusError) in
            call.member == "StartTransientUnit"
                ? [.objectPath("/job/1")] : try units.answer(call) ?? []
        }
        HelperScope.enter(.undo, by: Systemd(.system, over: bus))
        let call = try #require(bus.calls.first { $0.member == "StartTransientUnit" })
        #expect(call.arguments.first == .string(name))
        guard case .array("(sv)", let properties) = call.arguments[2] else {
            Issue.record("\(call)")
            return
        }
        for wanted: BusValue in [
            .structure([
                .string("PIDs"), .variant(.array(of: "u", [.uint32(UInt32(getpid()))])),
            ]),
            .structure([.string("TimeoutStopUSec"), .variant(.uint64(100_000))]),
        ] { #expect(properties.contains(wanted)) }
    }

    /// In a container with the host's /run, systemd is another namespace's process 1.
    @Test func systemdThatIsNotProcess1HereIsGivenNoProcess() throws {
        let path = NSTemporaryDirectory() + "cgwarden-test-\(getpid())-private"
        let listener = try LocalListener(path)
        #expect(!InstalledSystemd.countsProcessesAsHere(at: path))
        _ = consume listener
        #expect(!InstalledSystemd.countsProcessesAsHere(at: path))
    }

    @Test func failedScopeIsReported() {
        let units = StubUnits(units: [
            .init(name: "a.scope", cgroup: "/a.scope", state: "failed")
        ])
        let bus = StubBus { call throws(BusError) in try units.answer(call) ?? [] }
        #expect {
            try SystemdScope.start(
                "a.scope", holding: [42], describedAs: "A test",
                by: Systemd(.system, over: bus))
        } throws: {
            ($0 as? ActuationError)?.message.contains("failed") == true
        }
    }
}
