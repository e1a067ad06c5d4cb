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
    func thePathTellsWhatACgroupIs(
        path: String, kind: String, unit: String, slice: String, parent: String
    ) throws {
        var builder = SnapshotBuilder()
        builder.add(path)
        let parsed = try ParsedExposition(
            ExporterFixtures.text(builder.build(), .text), openMetrics: false)
        let labels = [
            "cgroup": path, "parent": parent, "kind": kind, "unit": unit, "slice": slice,
        ]
        #expect(parsed.samples.filter { $0.name == "cgroup_info" }.map(\.labels) == [labels])
    }
}
