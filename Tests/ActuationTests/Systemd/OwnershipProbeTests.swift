import CgroupModel
import Hierarchy
import Testing

@testable import Actuation

@Suite struct OwnershipProbeTests {
    private static let container = String(repeating: "ab", count: 32)
    private static let machine = StubUnits(units: [
        .init(name: "system.slice", cgroup: "/system.slice"),
        .init(name: "web.service", cgroup: "/system.slice/web.service"),
        .init(name: "box.service", cgroup: "/system.slice/box.service", isDelegated: true),
        .init(
            name: "docker-\(container).scope",
            cgroup: "/system.slice/docker-\(container).scope", isDelegated: true),
        .init(name: "docker-clean.service", cgroup: "/system.slice/docker-clean.service"),
        .init(
            name: "user@7.service", cgroup: "/user.slice/user-7.slice/user@7.service",
            isDelegated: true),
        .init(
            name: "user@8.service", cgroup: "/user.slice/user-8.slice/user@8.service",
            isDelegated: true),
    ])
    private static let user = StubUnits(units: [
        .init(
            name: "app.service",
            cgroup: "/user.slice/user-7.slice/user@7.service/app.slice/app.service")
    ])

    private static func connections(_ bus: StubBus) -> SystemdConnections {
        SystemdConnections { instance in
            switch instance {
            case .system: Systemd(instance, over: bus)
            case .user(7):
                Systemd(
                    instance,
                    over: StubBus { call throws(BusError) in
                        try user.answer(call) ?? []
                    })
            case .user:
                Systemd(
                    instance,
                    over: StubBus { _ throws(BusError) in
                        throw .unreachable("No such file or directory")
                    })
            }
        }
    }

    private static func bus() -> StubBus {
        StubBus { call throws(BusError) in try machine.answer(call) ?? [] }
    }

    private static let table: [(path: String, owner: CgroupOwner, choice: ActuatorChoice?)] = [
        ("/plain", .nobody, .cgroupfs),
        ("/plain/below", .nobody, .cgroupfs),
        ("/system.slice", .systemd(SystemdUnit("system.slice")), nil),
        (
            "/system.slice/web.service", .systemd(SystemdUnit("web.service")),
            .systemd(SystemdUnit("web.service"))
        ),
        // Someone made these behind systemd's back; it would not touch them.
        ("/system.slice/foreign", .nobody, .cgroupfs),
        ("/system.slice/web.service/foreign", .nobody, .cgroupfs),
        // A delegated unit's own cgroup stays systemd's.
        ("/system.slice/box.service", .systemd(SystemdUnit("box.service")), nil),
        ("/system.slice/box.service/a/b", .delegated(SystemdUnit("box.service")), .cgroupfs),
        (
            "/user.slice/user-7.slice/user@7.service/app.slice/app.service",
            .systemd(SystemdUnit("app.service", of: .user(7))),
            .systemd(SystemdUnit("app.service", of: .user(7)))
        ),
        (
            "/user.slice/user-7.slice/user@7.service/other",
            .delegated(SystemdUnit("user@7.service")), .cgroupfs
        ),
        (
            "/user.slice/user-8.slice/user@8.service/app.slice/app.service",
            .delegated(SystemdUnit("user@8.service")), .cgroupfs
        ),
        (
            "/system.slice/docker-\(container).scope",
            .container(
                runtime: "docker", unit: SystemdUnit("docker-\(container).scope")),
            .systemd(SystemdUnit("docker-\(container).scope"))
        ),
        (
            "/system.slice/docker-\(container).scope/init",
            .container(runtime: "docker", unit: nil), .cgroupfs
        ),
        (
            "/system.slice/docker-clean.service",
            .systemd(SystemdUnit("docker-clean.service")), nil
        ),
        ("/docker/\(container)", .container(runtime: "docker", unit: nil), .cgroupfs),
        ("/lxc.payload.web", .container(runtime: "lxc", unit: nil), .cgroupfs),
        (
            "/machine.slice/libpod-\(container).scope",
            .container(runtime: "podman", unit: nil), nil
        ),
        ("/cri-containerd-\(container).scope", .container(runtime: "containerd", unit: nil), nil),
        ("/crio-\(container).scope", .container(runtime: "cri-o", unit: nil), nil),
        ("/kubepods/burstable/pod1/\(container)", .kubelet(unit: nil), nil),
        ("/kubepods.slice/kubepods-pod1.slice", .kubelet(unit: nil), nil),
        ("/cgwarden/run-job", .ours, .cgroupfs),
        ("/system.slice/box.service/cgwarden/run-job", .ours, .cgroupfs),
    ]

    @Test(arguments: table.indices)
    func ownerOfAPathIsFound(_ row: Int) throws {
        let (path, owner, choice) = Self.table[row]
        let tree = try CapturedCgroups()
        let probe = OwnershipProbe(
            connections: Self.connections(Self.bus()), isSystemdRunning: true)
        let directory = try tree.cgroup(path)
        #expect(try probe.owner(of: directory) == owner)
        if let choice { #expect(probe.chooseActuator(for: directory) == choice) }
    }

    @Test func podsAreLeftToTheKubelet() throws {
        let tree = try CapturedCgroups()
        let probe = OwnershipProbe(
            connections: Self.connections(Self.bus()), isSystemdRunning: false)
        let pod = try tree.cgroup("/kubepods/pod1")
        #expect(probe.chooseActuator(for: pod, allowsKubelet: true) == .cgroupfs)
        let choice = probe.chooseActuator(for: pod)
        guard case .refuse(let error) = choice else {
            Issue.record("\(choice)")
            return
        }
        #expect(error.message.contains("kubelet"))
    }

    @Test func onlyPropertiesOfSystemdGoThroughIt() throws {
        let tree = try CapturedCgroups()
        let probe = OwnershipProbe(
            connections: Self.connections(Self.bus()), isSystemdRunning: true)
        let web = try tree.cgroup("/system.slice/web.service")
        func choice(_ file: String) -> ActuatorChoice {
            probe.chooseActuator(for: web, writing: file)
        }
        let unit = ActuatorChoice.systemd(SystemdUnit("web.service"))
        #expect(choice("memory.max") == unit)
        #expect(choice("cgroup.freeze") == unit)
        #expect(choice("memory.oom.group") == .cgroupfs)
        #expect(choice("hugetlb.2MB.max") == .cgroupfs)
        guard case .refuse(let error) = choice("devices.deny") else {
            Issue.record("devices.deny: \(choice("devices.deny"))")
            return
        }
        #expect(error.message.contains("DeviceAllow"))
    }

    @Test func busIsNotUsedWithoutSystemd() throws {
        let tree = try CapturedCgroups()
        let bus = Self.bus()
        let probe = OwnershipProbe(connections: Self.connections(bus), isSystemdRunning: false)
        let web = try tree.cgroup("/system.slice/web.service")
        #expect(try probe.owner(of: web) == .nobody)
        #expect(bus.calls.isEmpty)
    }

    @Test(arguments: [("freezer", false), ("cpuset", false), ("memory", true), ("pids", true)])
    func v1HierarchiesUnusedBySystemdHaveNoOwner(_ tree: String, _ isManaged: Bool) throws {
        let cgroups = try CapturedCgroups(legacy: [tree])
        let probe = OwnershipProbe(
            connections: Self.connections(Self.bus()), isSystemdRunning: true)
        let owner = try probe.owner(of: cgroups.cgroup("/system.slice/web.service"))
        #expect(owner == (isManaged ? .systemd(SystemdUnit("web.service")) : .nobody))
    }

    @Test func ownerIsQueriedOncePerCgroup() throws {
        let tree = try CapturedCgroups()
        let bus = Self.bus()
        let probe = OwnershipProbe(connections: Self.connections(bus), isSystemdRunning: true)
        let web = try tree.cgroup("/system.slice/web.service")
        _ = try probe.owner(of: web)
        let asked = bus.calls.count
        #expect(asked > 0)
        #expect(try probe.owner(of: web) == .systemd(SystemdUnit("web.service")))
        #expect(bus.calls.count == asked)
        _ = try probe.owner(of: tree.cgroup("/system.slice"))
        #expect(bus.calls.count > asked)
    }

    /// It may only have been restarting.
    @Test func unresponsiveUserManagerIsQueriedAgain() throws {
        let tree = try CapturedCgroups()
        let bus = Self.bus()
        let probe = OwnershipProbe(connections: Self.connections(bus), isSystemdRunning: true)
        let cgroup = try tree.cgroup("/user.slice/user-8.slice/user@8.service/other")
        let owner = CgroupOwner.delegated(SystemdUnit("user@8.service"))
        #expect(try probe.owner(of: cgroup) == owner)
        let asked = bus.calls.count
        #expect(try probe.owner(of: cgroup) == owner)
        #expect(bus.calls.count > asked)
    }

    @Test func unreachableSystemdRefusesTheAction() throws {
        let tree = try CapturedCgroups()
        let silent = StubBus { _ throws(BusError) in throw .timedOut(seconds: 5) }
        let probe = OwnershipProbe(connections: Self.connections(silent), isSystemdRunning: true)
        let web = try tree.cgroup("/system.slice/web.service")
        guard case .refuse(let error) = probe.chooseActuator(for: web) else {
            Issue.record("it was not refused")
            return
        }
        #expect(error.message.contains("did not reply within 5 s"))
        // It is queried again, because it may reply next time.
        let asked = silent.calls.count
        _ = probe.chooseActuator(for: web)
        #expect(silent.calls.count > asked)
    }
}
