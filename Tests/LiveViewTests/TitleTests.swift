import CgroupModel
import TestSupport
import Testing

@testable import LiveView

/// Containers and pods by the names that people know.
@Suite struct TitleTests {
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
