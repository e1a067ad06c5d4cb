import CgroupModel
import TestSupport
import Testing

@testable import LiveView

@Suite struct TreeRowsTests {
    private let machine = SampleMachine.snapshot()

    private func names(_ options: TreeRows.Options) -> [String] {
        TreeRows.build(machine, options).map { machine.cgroups[$0.index].path.name }
    }

    @Test func everyCgroupAppearsOnceAfterItsParent() {
        for sort in SortKey.allCases {
            for reverse in [false, true] {
                let layout = Layout(sort: sort, reverse: reverse)
                let rows = TreeRows.build(machine, TreeRows.Options(layout: layout))
                #expect(Set(rows.map(\.index)) == Set(machine.cgroups.indices))
                var seen: Set<Int> = []
                for row in rows {
                    if let parent = machine.cgroups[row.index].parent {
                        #expect(seen.contains(parent))
                    }
                    seen.insert(row.index)
                    #expect(row.depth == machine.cgroups[row.index].path.depth)
                }
            }
        }
    }

    @Test func siblingsAreSortedWithUnknownValuesLast() {
        var options = TreeRows.Options(layout: Layout(sort: .cpu))
        #expect(
            names(options).prefix(5)
                == [
                    "/", "system.slice", "postgresql@15-main.service", "cron.service",
                    "odd\\x1b[31m\\xff",
                ])
        options.layout.reverse = true
        #expect(names(options)[1] == "init.scope")
        let flat = TreeRows.Options(layout: Layout(sort: .memory, reverse: true, tree: false))
        #expect(names(flat).suffix(2).sorted() == ["cron.service", "odd\\x1b[31m\\xff"])
    }

    @Test func pathsSortAscendingAndReverseDescending() {
        let flat = Layout(sort: .path, tree: false)
        #expect(TreeRows.build(machine, .init(layout: flat)).map(\.index) == Array(0..<11))
        let reversed = Layout(sort: .path, reverse: true, tree: false)
        #expect(
            TreeRows.build(machine, .init(layout: reversed)).map(\.index)
                == Array((0..<11).reversed()))
    }

    @Test func ioSortsByReadsPlusWrites() {
        #expect(
            names(.init(layout: Layout(sort: .io, tree: false)))[0] == "postgresql@15-main.service")
    }

    @Test func filterKeepsAncestorsOnlyInATree() {
        var options = TreeRows.Options(layout: Layout(sort: .path), filter: "app")
        #expect(
            names(options)
                == ["/", "user.slice", "user-1000.slice", "user@1000.service", "app.slice"])
        options.layout.tree = false
        #expect(names(options) == ["app.slice"])
        options.filter = "nowhere"
        #expect(names(options).isEmpty)
        options.filter = "日本"
        #expect(names(options) == ["日本語テスト.service"])
    }

    @Test func foldHidesAndCountsDescendants() throws {
        let system = try #require(machine.index(of: CgroupPath("/system.slice")))
        var options = TreeRows.Options(layout: Layout(sort: .path))
        options.folded = [machine.cgroups[system].id]
        let rows = TreeRows.build(machine, options)
        #expect(rows.count == 11 - 4)
        #expect(rows.first { $0.index == system }?.folded == 4)
        options.filter = "cron"
        #expect(names(options) == ["/", "system.slice", "cron.service"])
    }

    @Test func guidesJoinSiblings() {
        let rows = TreeRows.build(machine, .init(layout: Layout(sort: .path)))
        #expect(
            rows.map { $0.guides(narrow: false) }
                == [
                    "", "├─ ", "├─ ", "│  ├─ ", "│  ├─ ", "│  ├─ ", "│  └─ ", "└─ ", "   └─ ",
                    "      └─ ", "         └─ ",
                ])
        #expect(rows[6].guides(narrow: true) == "│ └─")
    }

    @Test func veryDeepTreeIsHandled() {
        var builder = SnapshotBuilder()
        var path = CgroupPath.root
        for level in 0..<500 {
            builder.add(bytes: path.bytes)
            path = path.child("level\(level)".utf8)
        }
        var model = LiveModel()
        model.show(builder.build())
        #expect(model.rows.count == 500)
        model.select(499)
        let frame = FrameComposer.compose(model, SampleMachine.scene)
        #expect(frame.lines.contains { $0.contains("level498") })
    }
}

@Suite struct CgroupFiguresTests {
    private let machine = SampleMachine.snapshot()

    private func figures(_ path: String) throws -> CgroupFigures {
        CgroupFigures(machine, try #require(machine.index(of: CgroupPath(path))))
    }

    @Test func rootUsesHostValuesForMissingOnes() throws {
        let root = try figures("/")
        #expect(root.figure(Column.tasks) == .value(412))
        #expect(root.figure(Column.memory) == .value(Double(3072 * SampleMachine.mebi)))
        #expect(root.figure(Column.memoryShare) == .value(37.5))
        #expect(root.figure(Column.swap) == .value(Double(48 * SampleMachine.mebi)))
        #expect(root.figure(Column.pressureCPU) == .value(152))
        #expect(root.figure(Column.pressureIO) == .without(.unsupported))
        let percent = try #require(root.figure(Column.cpu).number)
        #expect(abs(percent - 70) < 0.001, "its own counter, not the machine's")
    }

    @Test func otherCgroupsDoNotUseHostValues() throws {
        let user = try figures("/user.slice")
        #expect(user.figure(Column.cpu) == .without(.absent))
        #expect(user.figure(Column.swap) == .without(.absent))
        #expect(user.figure(Column.memory) == .value(0))
        #expect(try figures("/system.slice").figure(Column.memoryShare) == .without(.absent))
        #expect(
            try figures("/system.slice/cron.service").figure(Column.memory)
                == .without(.notPermitted))
    }

    @Test func busyServiceHasItsValues() throws {
        let database = try figures("/system.slice/postgresql@15-main.service")
        #expect(abs((database.figure(Column.cpu).number ?? 0) - 55) < 0.001)
        #expect(database.figure(Column.cpu, percent: false) == .value(2_550_000))
        #expect(abs((database.figure(Column.throttled).number ?? 0) - 30) < 0.001)
        #expect(abs((database.figure(Column.memoryShare).number ?? 0) - 87.890625) < 0.001)
        #expect(database.figure(Column.read) == .value(Double(2 * SampleMachine.mebi)))
        #expect(database.figure(Column.written) == .value(536_000))
        #expect(database.figure(Column.oom) == .value(2))
        #expect(database.state == "throttled")
        #expect(try figures("/system.slice/cron.service").state == "frozen")
        #expect(
            try figures("/user.slice/user-1000.slice/user@1000.service/app.slice").state
                == "under oom")
        #expect(try figures("/init.scope").state == nil)
    }

    @Test func v1OOMKillsAreUsedIfEventsAreMissing() {
        var builder = SnapshotBuilder()
        builder.add("/a", ["memory.events.local.oom_kill": Reading(4)])
        #expect(CgroupFigures(builder.build(), 0).figure(Column.oom) == .value(4))
    }

    @Test func reasonOfAnUnreadableDeviceFileIsShown() {
        var builder = SnapshotBuilder()
        builder.add("/a")
        for metric in ["io.rbytes", "io.wbytes", "io.max.rbps"] {
            builder.instance(metric, .whole, reading: .notPermitted)
        }
        builder.add("/b")
        builder.instance("io.rbytes", InstanceKey(major: 8, minor: 0), 9, before: 4)
        builder.instance("io.rbytes", .whole, reading: .malformed)
        let snapshot = builder.build()
        #expect(CgroupFigures(snapshot, 0).figure(Column.read) == .without(.notPermitted))
        #expect(CgroupFigures(snapshot, 1).figure(Column.read) == .value(5))
        #expect(
            DetailKind.io.rows(snapshot, 0).map { [$0.label, $0.value] }
                == [["io.rbytes", "not permitted"], ["io.wbytes", "not permitted"]])
        #expect(
            DetailKind.limits.rows(snapshot, 0).map { [$0.label, $0.value] }
                == [["io.max.rbps", "not permitted"]])
        let rows = DetailKind.io.rows(snapshot, 1)
        #expect(rows.map(\.label) == ["device", "8:0", "io.rbytes"])
        #expect(rows.last?.value == "malformed")
    }

    /// A machine with native NVMe multipath has such rows for good: one dim line, no warning.
    @Test func unnamedDevicesAreOneLine() {
        var builder = SnapshotBuilder()
        builder.add("/a")
        builder.instance("io.rbytes", InstanceKey(major: 8, minor: 0), 9, before: 4)
        for metric in ["io.rbytes", "io.wbytes", "io.rios", "io.wios"] {
            builder.instance(metric, .whole, reading: .unnamed)
        }
        let snapshot = builder.build()
        #expect(CgroupFigures(snapshot, 0).figure(Column.read) == .value(5))
        #expect(CgroupFigures(snapshot, 0).figure(Column.written).text(Quantity.bytes) == "-")
        let rows = DetailKind.io.rows(snapshot, 0)
        #expect(rows.map(\.label) == ["device", "8:0", "unnamed"])
        #expect(rows.last?.style == .dim)
    }

    /// `/a` has a quota and is throttled; what is below has none, and waits or does not.
    @Test func childNamesTheAncestorThatLimitsIt() {
        var builder = SnapshotBuilder(metrics: ["cpu.usage_usec"])
        let still: [String: Reading] = [
            "cpu.nr_periods": Reading(0), "cpu.nr_throttled": Reading(0),
        ]
        builder.add(
            "/a",
            [
                "cpu.nr_periods": Reading(20), "cpu.nr_throttled": Reading(9),
                "cgroup.freeze": Reading(0), "memory.current": Reading(9),
                "memory.high": Reading(9),
            ], before: ["cpu.nr_periods": Reading(10), "cpu.nr_throttled": Reading(3)])
        func add(_ path: String, _ own: [String: Reading], usage: UInt64 = 0) {
            let usage = ["cpu.usage_usec": Reading(usage)]
            builder.add(
                path, still.merging(own) { $1 }.merging(usage) { $1 },
                before: still.merging(["cpu.usage_usec": Reading(0)]) { $1 })
        }
        add("/a/b", ["cpu.pressure.some.avg10": Reading(3000)])
        add("/a/b/c", ["cpu.pressure.some.avg10": Reading(0)], usage: 1)
        // v1 has no pressure.
        add("/a/d", [:], usage: 1)
        add("/a/e", [:])
        add("/a/f", ["memory.pressure.some.avg10": Reading(1)])
        builder.add(
            "/g", ["cgroup.frozen": Reading(1), "cgroup.freeze": Reading(1)])
        builder.add(
            "/g/h", ["cgroup.frozen": Reading(1), "cgroup.freeze": Reading(0)])
        builder.add("/i", ["cpu.usage_usec": .covered])
        let snapshot = builder.build()
        let states = snapshot.cgroups.indices.map { CgroupFigures(snapshot, $0).state }
        #expect(
            states == [
                "throttled", "throttled by /a", nil, "throttled by /a", nil, "over high by /a",
                "frozen", "frozen by /g", "covered",
            ])
        let rows = DetailKind.cpu.rows(snapshot, 1)
        #expect(rows.first { $0.label == "throttled above" }?.remark == "by /a")
    }
}
