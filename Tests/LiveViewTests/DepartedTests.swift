import CgroupModel
import TestSupport
import Testing

@testable import LiveView

/// Cgroups that ended a short while ago.
@Suite struct DepartedTests {
    private func snapshot() -> Snapshot {
        var before = SnapshotBuilder()
        before.add("/a", generation: 1, ["cpu.usage_usec": Reading(7)])
        before.add(
            "/a/job", generation: 2, ["cpu.usage_usec": Reading(5)],
            before: ["cpu.usage_usec": Reading(3)])
        before.add("/b", generation: 3, ["cpu.usage_usec": Reading(1)])
        let old = before.build()
        var after = SnapshotBuilder()
        after.add("/a", generation: 1, ["cpu.usage_usec": Reading(9)])
        after.add("/b", generation: 3, ["cpu.usage_usec": Reading(1)])
        let job = DepartedCgroup(old, 1, totals: [(.cpuUsage, 6)])
        let unseen = DepartedCgroup(
            CgroupPath("/b/x"), id: CgroupID(inode: 0, generation: 9), old.schema,
            totals: [(.cpuUsage, 4)])
        return after.build().adding([unseen, job])
    }

    @Test func deadCgroupsAreListedBelowTheirParentsWithTotalsAndNoRates() {
        let snapshot = snapshot()
        #expect(snapshot.cgroups.map(\.path.description) == ["/a", "/a/job", "/b", "/b/x"])
        #expect(snapshot.cgroups.map(\.parent) == [nil, 0, nil, 2])
        #expect(snapshot.departed == [2, 9])
        #expect(snapshot[1, .cpuUsage].value == 6)
        #expect(snapshot[3, .cpuUsage].value == 4)
        #expect(snapshot.rate(1, .cpuUsage) == nil)
        #expect(snapshot[3, .memoryUsage] == .absent)
        #expect(CgroupFigures(snapshot, 1).state == "dead")
        #expect(CgroupFigures(snapshot, 0).state != "dead")
    }

    @Test func theyAreDimAndTheKeyDHidesThem() {
        var model = LiveModel()
        model.size = ScreenSize(rows: 24, columns: 120)
        model.show(snapshot())
        #expect(model.rows.count == 4)
        let runs = FrameComposer.compose(model, Scene()).runs.filter { $0.text.contains("job") }
        #expect(runs.map(\.style) == [.dim])
        #expect(model.handle("D") == nil)
        #expect(model.rows.count == 2)
        _ = model.handle("D")
        #expect(model.rows.count == 4)
    }
}
