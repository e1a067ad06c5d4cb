import CgroupModel
import TestSupport
import Testing

@testable import LiveView

@Suite struct LiveModelTests {
    private func selectedName(_ model: LiveModel) -> String? {
        guard let row = model.selectedRow, let snapshot = model.snapshot else { return nil }
        return snapshot.cgroups[row.index].path.name
    }

    @Test func keysOfCgtopSort() {
        var model = SampleMachine.model()
        for (key, sort) in [
            ("p", SortKey.path), ("t", .tasks), ("c", .cpu), ("m", .memory), ("i", .io),
        ] {
            for _ in 0..<2 {
                #expect(model.handle(.character(Character(key))) == nil)
                #expect(model.layout.sort == sort, "pressing it again changes nothing")
                #expect(model.layout.reverse == false)
            }
        }
        _ = model.handle("r")
        #expect(model.layout.reverse)
        _ = model.handle("%")
        #expect(model.layout.percent == false)
    }

    @Test func delayKeysWorkAsInCgtop() {
        var model = SampleMachine.model()
        var delays: [Double] = []
        for key in ["-", "-", "-", "-", "+", "+", "+", "+", "+", "-", "-"] {
            guard case .setInterval(let seconds) = model.handle(.character(Character(key))) else {
                Issue.record("no interval")
                return
            }
            delays.append(seconds)
        }
        #expect(delays == [0.75, 0.5, 0.25, 0.25, 0.5, 0.75, 1, 2, 3, 2, 1])
    }

    @Test func keysRequestActionsOfTheLoop() {
        var model = SampleMachine.model()
        #expect(model.handle("q") == .quit)
        #expect(model.handle(.function(10)) == .quit)
        #expect(model.handle(" ") == .sampleNow)
        #expect(model.handle("s") == .saveLayout)
        #expect(model.handle(.redraw) == .repaint)
        #expect(model.handle("[") == nil)
        #expect(model.message?.contains("Z") == true)
        #expect(model.handle("Z") == .pause)
        model.isPaused = true
        #expect(model.handle("[") == .step(-1))
        #expect(model.handle("]") == .step(1))
        #expect(model.handle("Z") == .resume)
    }

    @Test func cursorStaysWithinTheTable() {
        var model = SampleMachine.model(rows: 14, columns: 80)
        let last = model.rows.count - 1
        for (key, row) in [
            (KeyEvent.up, 0), (.down, 1), ("j", 2), ("k", 1), (.end, last), (.down, last),
            (.home, 0), ("G", last), ("g", 0), (.pageDown, 9), (.pageDown, last),
            (.pageUp, last - 9),
        ] {
            _ = model.handle(key)
            #expect(model.cursor == row, "\(key)")
            let height = model.geometry.tableHeight
            #expect((model.top..<model.top + height).contains(model.cursor))
        }
        model.size = ScreenSize(rows: 8, columns: 80)
        model.settle()
        #expect((model.top..<model.top + model.geometry.tableHeight).contains(model.cursor))
    }

    @Test func selectionFollowsItsCgroupWhenTheOrderChanges() {
        var model = SampleMachine.model(keys: ["j", "j", "j"])
        #expect(selectedName(model) == "cron.service")
        let before = model.cursor
        model.show(SampleMachine.snapshot(tick: 8, cpuOfCron: 900_000))
        #expect(selectedName(model) == "cron.service")
        #expect(model.cursor != before)
        _ = model.handle("V")
        #expect(selectedName(model) == "cron.service")
    }

    @Test func selectionOfARemovedCgroupMovesToTheNearestRow() {
        var builder = SnapshotBuilder()
        for name in ["a", "b", "c"] { builder.add("/\(name)") }
        var model = LiveModel(layout: Layout(sort: .path))
        model.show(builder.build())
        model.select(2)
        var smaller = SnapshotBuilder()
        for name in ["a", "b"] { smaller.add("/\(name)") }
        model.show(smaller.build())
        #expect(selectedName(model) == "b")
        #expect(model.message?.contains("gone") == true)
        // The same path with another identity is a new cgroup.
        var reborn = SnapshotBuilder()
        reborn.add("/b", inode: 77, generation: 99)
        model.show(reborn.build())
        #expect(model.selected == CgroupID(inode: 77, generation: 99))
        model.show(SnapshotBuilder().build())
        #expect(model.selectedRow == nil)
        for key in [KeyEvent.down, .up, .end, .enter, .left, .right, .tab, "z", "[", .pageUp] {
            _ = model.handle(key)
        }
        #expect(FrameComposer.compose(model, SampleMachine.scene).lines.count == 24)
    }

    @Test func removedCgroupClosesItsProcessList() {
        var builder = SnapshotBuilder()
        builder.add("/a")
        var model = LiveModel()
        model.show(builder.build())
        #expect(model.handle("z") == .loadProcesses)
        #expect(model.mode == .processes(top: 0))
        var other = SnapshotBuilder()
        other.add("/b", inode: 5, generation: 9)
        model.show(other.build())
        #expect(model.mode == .table)
    }

    @Test func foldHidesChildrenAndLeftGoesToTheParent() {
        var model = SampleMachine.model(layout: Layout(sort: .path), keys: [.end])
        #expect(selectedName(model) == "app.slice")
        _ = model.handle(.left)
        #expect(selectedName(model) == "user@1000.service")
        _ = model.handle(.left)
        #expect(model.selectedRow?.folded == 1)
        _ = model.handle(.left)
        #expect(selectedName(model) == "user-1000.slice")
        _ = model.handle(.down)
        _ = model.handle(.right)
        #expect(model.selectedRow?.folded == 0)
        _ = model.handle(.enter)
        #expect(model.selectedRow?.folded == 1)
        _ = model.handle(.enter)
        #expect(model.selectedRow?.folded == 0)
        // The fold of an ancestor takes the selection to it.
        _ = model.handle(.end)
        var folded = model
        folded.folded = [folded.rows[0].id]
        folded.rebuild()
        #expect(folded.cursor == 0)
        _ = model.handle("V")
        _ = model.handle(.enter)
        #expect(model.message?.contains("F5") == true)
    }

    @Test func filterFollowsTyping() {
        var model = SampleMachine.model(keys: ["/", "C", "r", "o", "x"])
        #expect(model.rows.isEmpty)
        _ = model.handle(.backspace)
        #expect(model.rows.count == 3)
        _ = model.handle(.enter)
        #expect(model.mode == .table)
        #expect(model.filter == "Cro")
        for key in ["/", "z", .escape] as [KeyEvent] { _ = model.handle(key) }
        #expect(model.filter == "Cro", "Esc brings the former filter back")
        _ = model.handle("\\")
        #expect(model.filter.isEmpty)
        #expect(model.rows.count == 11)
        #expect(model.handle("/") == nil)
        #expect(model.handle("q") == nil, "letters are text while a filter is typed")
        #expect(model.filter == "q")
    }

    @Test func selectionReturnsWhenTheFilterNoLongerHidesIt() {
        var model = SampleMachine.model(keys: ["j", "j", "j"])
        let chosen = model.selectedRow?.id
        for key in ["/", "z", "z", "z", .enter] as [KeyEvent] { _ = model.handle(key) }
        #expect(model.selectedRow?.id != chosen)
        model.show(SampleMachine.snapshot())
        _ = model.handle("\\")
        #expect(model.selectedRow?.id == chosen)
        // A row that was chosen while the filter applied stays selected.
        for key in ["/", "C", "r", "o", .enter, .home] as [KeyEvent] { _ = model.handle(key) }
        let root = model.selectedRow?.id
        _ = model.handle("\\")
        #expect(model.selectedRow?.id == root)
    }

    @Test func anOpenMenuKeepsTheCgroupThatItIsAbout() {
        var model = LiveActionTests.model()
        model.show(SampleMachine.snapshot(cpuOfCron: 900_000))
        for key in "/cpu > 80 | postgres".map({ KeyEvent.character($0) }) + [.enter] {
            _ = model.handle(key)
        }
        let paths = model.rows.map { model.snapshot?.cgroups[$0.index].path.description ?? "" }
        for _ in 0..<(paths.firstIndex(of: "/system.slice/cron.service") ?? 0) {
            _ = model.handle(.down)
        }
        let cron = model.selectedRow?.id
        model.show(SampleMachine.snapshot(tick: 8))
        let above = model.selectedRow?.id
        #expect(above != cron, "the filter hides it")
        _ = model.handle("L")
        model.show(SampleMachine.snapshot(tick: 9, cpuOfCron: 900_000))
        #expect(model.selectedRow?.id == above)
        _ = model.handle(.escape)
    }

    @Test func detailPanesCycleAndClose() {
        var model = SampleMachine.model()
        var seen: [DetailKind?] = []
        for _ in 0..<6 {
            _ = model.handle(.tab)
            seen.append(model.detail)
        }
        #expect(seen == [.cpu, .memory, .io, .pressure, .limits, .cpu])
        _ = model.handle(.backTab)
        #expect(model.detail == .limits)
        _ = model.handle(.escape)
        #expect(model.detail == nil)
        model.size = ScreenSize(rows: 10, columns: 80)
        _ = model.handle(.tab)
        #expect(model.detail == nil)
        #expect(model.message?.contains("16") == true)
    }

    @Test func columnsAreToggledInTheMenu() {
        var model = SampleMachine.model(keys: ["f", "j", " "])
        #expect(model.layout.columns.contains(.cpu) == false)
        _ = model.handle(.enter)
        #expect(model.layout.columns.contains(.cpu))
        _ = model.handle(.end)
        #expect(model.mode == .columns(cursor: Column.allCases.count - 2))
        _ = model.handle(.down)
        _ = model.handle(.escape)
        #expect(model.mode == .table)
    }

    /// The time bar leaves gaps, in which a line below it would show.
    @Test func everyPaneEndsAboveTheTimeBar() {
        var scene = SampleMachine.scene
        scene.timeline = 1_790_000_000_000_000...1_790_000_060_000_000
        func timeLine(_ keys: [KeyEvent]) -> String {
            let model = SampleMachine.model(rows: 14, keys: keys, isReplay: true)
            return FrameComposer.compose(model, scene).lines[model.geometry.timeRow]
        }
        let bare = timeLine([])
        #expect(bare.contains("●"))
        for key: KeyEvent in ["h", "f", "z", "x", "e", "S", ":", "g"] {
            #expect(timeLine([key]) == bare, "\(key)")
        }
    }

    @Test func helpScrollsToItsEndAndCloses() {
        var model = SampleMachine.model(keys: ["h", "G"])
        let end = FrameComposer.compose(model, SampleMachine.scene).lines
        #expect(end.contains { $0.contains("could not be parsed") })
        _ = model.handle("?")
        #expect(model.mode == .table)
        for key in ["?", .function(1), .function(1), .escape] as [KeyEvent] {
            _ = model.handle(key)
        }
        #expect(model.mode == .table)
    }
}
