import CgroupModel
import TestSupport
import Testing

@testable import LiveView

/// Containers and pods by the names that people know.
@Suite struct TitleTests {
    private static let pod = "5c2f5d18-7f3c-4cf3-9d2a-0d7c2b1c9a11"
    private static let scope = "docker-\(String(repeating: "3f4e", count: 16)).scope"

    private func model() -> LiveModel {
        var builder = SnapshotBuilder()
        builder.add("/", [:])
        builder.add("/system.slice", [:])
        builder.add("/system.slice/\(Self.scope)", ["memory.current": Reading(1)])
        builder.add("/system.slice/mnt-a\\x2db.mount", [:])
        let snapshot = builder.build()
        var model = LiveModel()
        model.layout.tree = true
        model.size = ScreenSize(rows: 24, columns: 100)
        let place = snapshot.cgroups.firstIndex { $0.path.name == Self.scope } ?? -1
        model.show(snapshot, titles: [place: "web\u{1b} (docker)"])
        return model
    }

    private func lines(_ model: LiveModel) -> [String] {
        FrameComposer.compose(model, SampleMachine.scene).lines
    }

    @Test func treeShowsTheNameAndDetailsThePath() throws {
        var model = model()
        #expect(lines(model).contains { $0.contains("web") && $0.contains("(docker)") })
        #expect(!lines(model).contains { $0.contains("3f4e3f4e") })
        #expect(!lines(model).contains { $0.contains("\u{1b}") })
        #expect(lines(model).contains { $0.contains("mnt-a-b.mount") })
        let row = try #require(
            model.rows.firstIndex { model.snapshot?.cgroups[$0.index].path.name == Self.scope })
        model.select(row)
        model.detail = .memory
        #expect(lines(model).contains { $0.contains("/system.slice/docker-3f4e") })
    }

    @Test func ownerIsTheUnitTheRuntimeOrTheKubelet() {
        let owners = [
            "/system.slice/ssh.service/inner", "/system.slice/\(Self.scope)",
            "/kubepods.slice/kubepods-burstable.slice", "/kubepods/burstable/pod\(Self.pod)",
            "/batch/job",
        ].map { CgroupIdentity(CgroupPath($0)).owner }
        #expect(owners == ["ssh.service", "docker", "kubelet", "kubelet", nil])
    }

    @Test func limitsShowTheOwner() {
        var model = model()
        model.size = ScreenSize(rows: 24, columns: 160)
        model.layout.set = .limits
        model.rebuild()
        let lines = lines(model)
        #expect(lines.contains { $0.contains("Owner") })
        #expect(lines.contains { $0.contains("web") && $0.contains(" docker ") })
        #expect(lines.contains { $0.contains("mnt-a-b.mount") && $0.contains(" mnt-a-b.mount ") })
    }

    @Test func listShowsThePathOfAContainer() {
        var model = model()
        model.layout.tree = false
        model.rebuild()
        #expect(lines(model).contains { $0.contains("/system.slice/web") })
        #expect(lines(model).contains { $0.contains("/system.slice/mnt-a\\x2db.mount") })
    }

    @Test func filterMatchesTheContainerName() {
        var model = model()
        model.layout.tree = false
        model.filter = "WEB"
        model.rebuild()
        #expect(model.rows.count == 1)
        model.filter = "3f4e"
        model.rebuild()
        #expect(model.rows.count == 1)
    }
}
