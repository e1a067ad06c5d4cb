import CgroupModel
import Exporter
import TestSupport
import Testing

@Suite struct CgroupInfoTests {
    private static let id = String(repeating: "0a", count: 32)

    @Test(arguments: [
        ("/", "other", "", "", ""),
        ("/system.slice", "slice", "system.slice", "system.slice", "/"),
        ("/system.slice/ssh.service", "service", "ssh.service", "system.slice", "/system.slice"),
        (
            "/system.slice/ssh.service/sub", "other", "ssh.service", "system.slice",
            "/system.slice/ssh.service"
        ),
        (
            "/user.slice/user-0.slice/session-1.scope", "scope", "session-1.scope",
            "user-0.slice", "/user.slice/user-0.slice"
        ),
        ("/system.slice/swap.swap", "other", "swap.swap", "system.slice", "/system.slice"),
        ("/_cpu.service", "service", "cpu.service", "", "/"),
        (
            "/system.slice/docker-\(id).scope", "container", "docker-\(id).scope",
            "system.slice", "/system.slice"
        ),
        ("/docker/\(id)", "container", "", "", "/docker"),
        ("/lxc/web", "container", "", "", "/lxc"),
        (
            "/machine.slice/libpod-conmon-\(id).scope", "scope", "libpod-conmon-\(id).scope",
            "machine.slice", "/machine.slice"
        ),
        ("/kubepods/besteffort/pod12", "pod", "", "", "/kubepods/besteffort"),
        (
            "/kubepods.slice/kubepods-pod12.slice", "pod", "kubepods-pod12.slice",
            "kubepods-pod12.slice", "/kubepods.slice"
        ),
        ("/podium", "other", "", "", "/"),
    ])
    func pathDeterminesTheInfoLabels(
        path: String, kind: String, unit: String, slice: String, parent: String
    ) throws {
        var builder = SnapshotBuilder()
        builder.add(path)
        let parsed = try ParsedExposition(
            ExporterFixtures.text(builder.build(), .text), openMetrics: false)
        let labels = [
            "cgroup": path, "parent": parent, "kind": kind, "unit": unit, "slice": slice,
        ]
        let info = try #require(parsed.samples.first { $0.name == "cgroup_info" })
        for (name, value) in labels { #expect(info.labels[name] == value) }
    }

    private static let known = { @Sendable (cgroup: CgroupEntry) -> CgroupIdentity in
        var identity = CgroupIdentity(cgroup.path)
        guard identity.kind == .container else { return identity }
        identity.runtime = "containerd"
        identity.containerID = id
        identity.container = "app \"one\""
        identity.image = "registry/app:1"
        identity.pod = "web-0"
        identity.podUID = "12-34"
        identity.namespace = "shop"
        identity.qos = "burstable"
        return identity
    }

    private static func snapshot(tick: UInt64 = 1) -> Snapshot {
        var builder = SnapshotBuilder()
        builder.tick = tick
        builder.add("/plain", ["memory.current": Reading(1)])
        builder.instance("io.rbytes", ExporterFixtures.disk, 7)
        builder.add("/docker/\(id)", ["memory.current": Reading(2)])
        return builder.build()
    }

    @Test func runtimeNamesAreInTheLabels() throws {
        var encoder = ExpositionEncoder(
            version: "1", deviceName: { _ in nil }, identity: Self.known)
        encoder.encode(Self.snapshot(), process: ProcessSample(), as: .openMetrics)
        let parsed = try ParsedExposition(
            String(decoding: encoder.bytes, as: UTF8.self), openMetrics: true)
        #expect(
            parsed.labelNames["cgroup_info"] == [
                "cgroup", "parent", "kind", "unit", "slice", "runtime", "container_id",
                "container", "image", "pod", "pod_uid", "namespace", "qos",
            ])
        let infos = parsed.samples.filter { $0.name == "cgroup_info" }.map(\.labels)
        #expect(infos.count == 2)
        #expect(infos.first?["container"] == "app \"one\"")
        #expect(infos.first?["pod_uid"] == "12-34")
        #expect(infos.first?["qos"] == "burstable")
        #expect(infos.last?["container"] == "")
    }

    @Test func inlineLabelsAreOnEverySeries() throws {
        var selection = ExportSelection()
        selection.inlineLabels = [.unit, .container, .pod]
        var encoder = ExpositionEncoder(
            version: "1", selection: selection, deviceName: { _ in nil }, identity: Self.known)
        var orders: [[String: [String]]] = []
        for tick in UInt64(1)...3 {
            encoder.encode(Self.snapshot(tick: tick), process: ProcessSample(), as: .text)
            let parsed = try ParsedExposition(
                String(decoding: encoder.bytes, as: UTF8.self), openMetrics: false)
            let usage = parsed.samples.filter { $0.name == "cgroup_memory_current_bytes" }
            #expect(usage.map { $0.labels["pod"] } == ["web-0", ""])
            orders.append(parsed.labelNames)
        }
        #expect(
            orders[0]["cgroup_io_read_bytes_total"]
                == ["cgroup", "unit", "container", "pod", "device"])
        #expect(orders[0]["cgroup_info"]?.count == 13)
        #expect(Set(orders).count == 1)
    }

    @Test func startTimeIsTheEarliestKnownTime() throws {
        var encoder = ExpositionEncoder(
            version: "1", deviceName: { _ in nil },
            birthTime: { $0.path.name == "old" ? 5_000_000 : $0.path.name == "odd" ? .max : nil })
        var starts: [[String?]] = []
        for tick in UInt64(1)...2 {
            var builder = SnapshotBuilder()
            builder.tick = tick
            builder.add("/new", inode: 1, generation: 1)
            builder.add("/odd", inode: 2, generation: 2)
            builder.add("/old", inode: 3, generation: 3)
            // Recreated at the second tick.
            builder.add("/other", inode: 10 + tick, generation: 10 + tick)
            encoder.encode(builder.build(), process: ProcessSample(), as: .text)
            let parsed = try ParsedExposition(
                String(decoding: encoder.bytes, as: UTF8.self), openMetrics: false)
            starts.append(
                ["/new", "/odd", "/old", "/other"].map {
                    parsed.value("cgroup_start_time_seconds", ["cgroup": $0])
                })
        }
        #expect(starts[0] == ["1790000001", "1790000001", "5", "1790000001"])
        #expect(starts[1] == ["1790000001", "1790000001", "5", "1790000002"])
    }
}
