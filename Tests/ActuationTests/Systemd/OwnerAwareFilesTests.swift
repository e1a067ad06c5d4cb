import CgroupModel
import KernelIO
import Testing

@testable import Actuation

@Suite struct OwnerAwareFilesTests {
    private let tree: CapturedCgroups
    private static let machine = StubUnits(units: [
        .init(name: "web.service", cgroup: "/web.service")
    ])

    init() throws { tree = try CapturedCgroups(unified: "memory pids io") }

    private func files(
        failing failure: BusError? = nil
    ) -> (files: OwnerAwareFiles, bus: StubBus) {
        let bus = StubBus { [tree] call throws(BusError) in
            if let answer = try Self.machine.answer(call) { return answer }
            if let failure { throw failure }
            if call.member == "SetUnitProperties" {
                tree.write("4096", to: "/web.service/memory.max")
            }
            return []
        }
        let connections = SystemdConnections { Systemd($0, over: bus) }
        let kernel = KernelControlFiles()
        let files = OwnerAwareFiles(
            probe: OwnershipProbe(connections: connections, isSystemdRunning: true),
            actuator: SystemdActuator(
                connections: connections, files: kernel, deviceFile: { _ in nil }),
            kernel: kernel)
        return (files, bus)
    }

    private func web() throws -> CgroupDirectory {
        try tree.cgroup(
            "/web.service",
            [
                "memory.max": "max", "memory.oom.group": "0", "cgroup.freeze": "1",
                "cgroup.events": "frozen 0",
            ])
    }

    @Test func valueThatSystemdManagesIsSetThroughIt() throws {
        let (files, bus) = files()
        let web = try web()
        try files.write("4096", to: "memory.max", of: web)
        #expect(try files.text("memory.max", of: web) == "4096")
        #expect(bus.calls.contains { $0.member == "SetUnitProperties" })
        try files.write("0", to: "cgroup.freeze", of: web)
        #expect(bus.calls.last?.member == "ThawUnit")
    }

    @Test func missingFileOfAUnitReadsAsInANewCgroup() throws {
        let (files, _) = files()
        let web = try web()
        #expect(try files.text("pids.max", of: web) == "max")
        // The kernel may lack this one whatever systemd does.
        #expect(throws: IOError.self) { try files.text("io.weight", of: web) }
        // No controller of this tree has it.
        #expect(throws: IOError.self) { try files.text("cpu.max", of: web) }
        let plain = try tree.cgroup("/plain")
        #expect(throws: IOError.self) { try files.text("pids.max", of: plain) }
    }

    @Test func otherFilesAreWrittenDirectly() throws {
        let (files, bus) = files()
        let web = try web()
        let plain = try tree.cgroup("/plain", ["memory.max": "max"])
        try files.write("1", to: "memory.oom.group", of: web)
        try files.write("8192", to: "memory.max", of: plain)
        #expect(try web.text("memory.oom.group") == "1")
        #expect(try plain.text("memory.max") == "8192")
        #expect(!bus.calls.contains { $0.member == "SetUnitProperties" })
    }

    @Test func valueThatSystemdRefusesIsNotWrittenDirectly() throws {
        let name = "org.freedesktop.DBus.Error.AccessDenied"
        let (files, _) = files(failing: .refused(name: name, message: "Access denied"))
        let web = try web()
        #expect {
            try files.write("4096", to: "memory.max", of: web)
        } throws: {
            guard let error = $0 as? IOError else { return false }
            return error.isPermission && error.description.contains("Access denied")
        }
        #expect(try web.text("memory.max") == "max")
    }

    @Test func thawDoesNotWaitForSystemd() throws {
        let (files, _) = files(failing: .timedOut(seconds: 5))
        let web = try web()
        try files.write("0", to: "cgroup.freeze", of: web)
        #expect(try web.text("cgroup.freeze") == "0")
        let pod = try tree.cgroup("/kubepods/pod1", ["cgroup.freeze": "1", "memory.max": "max"])
        try files.write("0", to: "cgroup.freeze", of: pod)
        #expect(try pod.text("cgroup.freeze") == "0")
        #expect(throws: IOError.self) { try files.write("1", to: "memory.max", of: pod) }
        #expect(try pod.text("memory.max") == "max")
        try files.ofKubelet.write("1", to: "memory.max", of: pod)
        #expect(try pod.text("memory.max") == "1")
    }
}
