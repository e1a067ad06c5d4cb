import Hierarchy
import Testing

@testable import Actuation

/// The watchdogs of processes, as systemd and the processes themselves report them.
@Suite struct ServiceWatchdogTests {
    private let machine: CapturedMachine

    init() throws { machine = try CapturedMachine() }

    /// Makes a process with variables in a cgroup.
    private func process(
        _ pid: Int32, parent: Int32 = 1, _ variables: String..., in cgroup: String
    ) throws {
        try machine.process(pid, "web", parent: parent, cgroup: cgroup)
        try machine.file("proc/\(pid)/environ", variables.map { "\($0)\0" }.joined())
    }

    /// A systemd with a service for each of these processes, with its timeout in microseconds.
    ///
    /// The other processes belong to scopes.
    private func bus(_ timeouts: [Int32: UInt64] = [:]) -> StubBus {
        StubBus { call throws(BusError) in
            if case .uint32(let pid)? = call.arguments.first {
                return [.objectPath("/unit/\(pid)")]
            }
            guard call.arguments.last?.text == "WatchdogUSec",
                let pid = Int32(call.object.dropFirst("/unit/".count)), let timeout = timeouts[pid]
            else {
                throw .refused(
                    name: "org.freedesktop.DBus.Error.UnknownInterface", message: "Unknown.")
            }
            return [.variant(.uint64(timeout))]
        }
    }

    private func shortest(of pids: Set<Int32>, by bus: StubBus) -> Duration? {
        ServiceWatchdog(system: machine.system, systemd: Systemd(.system, over: bus))
            .shortest(of: pids)
    }

    @Test func timeoutIsThatOfTheServiceAndNotOfTheVariable() throws {
        try process(400, "WATCHDOG_USEC=1000000", in: "/system.slice/web.service")
        try process(401, in: "/system.slice/db.service")
        let systemd = bus([400: 8_000_000, 401: 20_000_000])
        #expect(shortest(of: [400, 401], by: systemd) == .seconds(8))
        #expect(shortest(of: [401], by: systemd) == .seconds(20))
    }

    @Test(arguments: [0, UInt64.max])
    func disabledWatchdogIsNone(_ timeout: UInt64) throws {
        try process(400, in: "/system.slice/web.service")
        #expect(shortest(of: [400], by: bus([400: timeout])) == nil)
    }

    @Test func variableOutsideOfAServiceIsIgnored() throws {
        try process(400, "WATCHDOG_USEC=2000000", in: "/user.slice/session-7.scope")
        #expect(shortest(of: [400], by: bus()) == nil)
    }

    @Test func childOfAnotherProcessIsIgnored() throws {
        try process(400, parent: 300, "WATCHDOG_USEC=1", in: "/system.slice/web.service")
        let systemd = bus([400: 1])
        #expect(shortest(of: [400], by: systemd) == nil)
        #expect(systemd.calls.isEmpty)
    }

    /// A user could otherwise keep systemd busy with many processes and cgroups.
    @Test func eachServiceIsQueriedOnce() throws {
        for pid in Int32(400)..<420 {
            try process(pid, in: "/user.slice/user@7.service/app.slice/\(pid).service")
            try process(pid + 100, in: "/user.slice/session-7.scope/\(pid).service")
        }
        let systemd = bus()
        #expect(shortest(of: Set(400..<520), by: systemd) == nil)
        #expect(systemd.calls.map(\.member) == ["GetUnitByPID", "Get"])
    }

    @Test func exitedProcessDoesNotHideTheServiceOfItsCgroup() throws {
        let cgroup = "/system.slice/web.service"
        try machine.process(400, "web", flags: 4, cgroup: cgroup)
        try process(401, in: cgroup)
        #expect(shortest(of: [400, 401], by: bus([401: 8_000_000])) == .seconds(8))
    }

    @Test func withoutAnAnswerOnlyPlausibleVariablesCount() throws {
        let silent = StubBus { _ throws(BusError) in throw .timedOut(seconds: 5) }
        let cgroup = "/system.slice/web.service"
        try process(400, "WATCHDOG_USEC=8000000", "WATCHDOG_PID=400", in: cgroup)
        try process(401, "WATCHDOG_USEC=2000000", "WATCHDOG_PID=7", in: cgroup)
        try process(402, "WATCHDOG_USEC=999999", in: cgroup)
        try process(403, parent: 300, "WATCHDOG_USEC=3000000", in: cgroup)
        try process(404, "WATCHDOG_USEC=3000000", in: "/user.slice/session-7.scope")
        #expect(shortest(of: [400, 401, 402, 403, 404], by: silent) == .seconds(8))
        #expect(shortest(of: [401, 402, 403, 404], by: silent) == nil)
    }

    @Test func withoutSystemdNoProcessHasAWatchdog() throws {
        try process(400, "WATCHDOG_USEC=8000000", in: "/a")
        let watchdog = ServiceWatchdog(system: machine.system, systemd: nil)
        #expect(watchdog.shortest(of: [400]) == nil)
    }
}
