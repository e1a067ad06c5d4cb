import CgroupModel
import TestSupport
import Testing

@testable import LiveView

/// Order, marks, columns and the mouse.
@Suite struct LiveOrderTests {
    private func name(_ model: LiveModel) -> String? {
        model.selectedRow.flatMap { model.snapshot?.cgroups[$0.index].path.name }
    }

    @Test func unknownKeysSaySo() {
        for key in ["y", "w", .function(12)] as [KeyEvent] {
            var model = SampleMachine.model()
            #expect(model.handle(key) == nil)
            #expect(model.message == "no such key; h for help")
        }
    }

    @Test func sortingShowsTheFirstRowsUnlessARowIsFollowed() {
        var model = SampleMachine.model(rows: 14, keys: ["V", .end])
        #expect(model.top > 0)
        _ = model.handle("m")
        #expect(model.cursor == 0)
        #expect(model.top == 0)
        _ = model.handle("j")
        let followed = name(model)
        _ = model.handle("F")
        _ = model.handle("p")
        #expect(name(model) == followed)
        _ = model.handle("j")
        #expect(!model.isFollowing, "moving ends it")
    }

    @Test func cursorStaysInTheFirstRowUntilItIsMoved() {
        var model = SampleMachine.model(layout: Layout(sort: .cpu, tree: false))
        let before = name(model)
        model.show(SampleMachine.snapshot(tick: 8, cpuOfCron: 9_000_000))
        #expect(model.cursor == 0)
        #expect(name(model) != before)
    }

    @Test func neighborsOfTheSortColumnAreSortedBy() {
        var model = SampleMachine.model()
        for (key, sort) in [
            (">", SortKey.column(.throttled)), (">", .memory), ("<", .column(.throttled)),
            ("<", .cpu), ("<", .tasks), ("<", .path), ("<", .column(.state)),
        ] {
            _ = model.handle(.character(Character(key)))
            #expect(model.layout.sort == sort)
        }
        let menu = SampleMachine.model(keys: ["S", .home, .enter])
        #expect(menu.layout.sort == .path)
    }

    @Test func headOfAColumnNamesItsOrderInAnyCase() {
        for key in SortKey.allCases {
            #expect(SortKey(typed: key.rawValue) == key)
            #expect(SortKey(typed: key.rawValue.uppercased()) == key)
        }
        for column in Column.allCases where column != .owner {
            #expect(SortKey(typed: column.facts.title) == SortKey(of: column))
            #expect(SortKey(typed: column.facts.title.lowercased()) == SortKey(of: column))
        }
        #expect(SortKey(typed: "mem") == nil)
    }

    @Test func everyOrderSortsByItsColumn() throws {
        var model = SampleMachine.model(layout: Layout(tree: false))
        model.sort(by: .column(.pressureCPU))
        #expect(name(model) == "postgresql@15-main.service")
        model.sort(by: .column(.oom))
        #expect(name(model) == "postgresql@15-main.service")
        for key in SortKey.allCases { #expect(SortKey(rawValue: key.rawValue) == key) }
    }

    @Test func digitsChooseTheColumns() {
        var model = SampleMachine.model(columns: 160)
        func heads() -> String { FrameComposer.compose(model, SampleMachine.scene).lines[3] }
        _ = model.handle("5")
        #expect(heads().contains("CPUmax") && heads().contains("MemMax"))
        #expect(!heads().contains("In/s"))
        model.size = ScreenSize(rows: 24, columns: 80)
        #expect(heads().contains("CPUmax") && heads().contains("PidMax"))
        model.size = ScreenSize(rows: 24, columns: 160)
        _ = model.handle("2")
        #expect(heads().contains("Anon") && heads().contains("Kernel"))
        _ = model.handle("1")
        #expect(heads().contains("In/s") && !heads().contains("Anon"))
        _ = model.handle("6")
        #expect(model.message?.contains("network") == true)
    }

    @Test func columnsScrollSidewaysOnANarrowTerminal() {
        var model = SampleMachine.model(columns: 80)
        func heads() -> String { FrameComposer.compose(model, SampleMachine.scene).lines[3] }
        #expect(!heads().contains("PSIc"))
        for _ in 0..<6 { _ = model.handle(")") }
        #expect(heads().contains("PSIc") && heads().contains("PSIi"))
        #expect(model.message == "columns 7 to 13 of 13")
        for _ in 0..<9 { _ = model.handle(.shiftLeft) }
        #expect(heads().contains("%CPU"))
    }

    @Test func idleAndEmptyCgroupsAreHidden() {
        var model = SampleMachine.model(layout: Layout(sort: .path, tree: false))
        #expect(model.rows.count == 11)
        _ = model.handle("I")
        #expect(model.message?.contains("with tasks") == true)
        _ = model.handle("I")
        let names = model.rows.compactMap { model.snapshot?.cgroups[$0.index].path.name }
        #expect(names.contains("postgresql@15-main.service") && !names.contains("init.scope"))
        _ = model.handle("I")
        #expect(model.rows.count == 11)
    }

    @Test func filterComparesNumbersAndKeepsTheLastMeaningWhileTyping() {
        var model = SampleMachine.model(layout: Layout(tree: false), keys: ["/"])
        for character in "cpu > 50" { _ = model.handle(.character(character)) }
        #expect(model.rows.count == 3)
        for character in " oom >" { _ = model.handle(.character(character)) }
        #expect(model.filterProblem == "oom > needs a number, such as oom > 100")
        #expect(model.rows.isEmpty, "oom is a word until the sign follows")
        _ = model.handle(.enter)
        #expect(model.message == model.filterProblem, "it cannot be kept")
        _ = model.handle("1")
        _ = model.handle(.enter)
        #expect(model.mode == .table)
        #expect(model.rows.count == 1)
    }

    @Test func filterNamesItsOwnOperatorAfterAnOperatorOfPolicies() {
        var model = SampleMachine.model(layout: Layout(tree: false), keys: ["/"])
        for character in "cpu > 50 or" { _ = model.handle(.character(character)) }
        #expect(
            model.filterProblem
                == "'or' is not an operator here; write '|': nginx | cron "
                + "(quote \"or\" to search for it)")
    }

    @Test func aClickSelectsAndAClickOnAHeadSorts() throws {
        var model = SampleMachine.model(columns: 120)
        _ = model.handle(.click(row: 6, column: 3))
        #expect(model.cursor == 2)
        let place = try #require(model.table.places.first { $0.column == .memory })
        _ = model.handle(.click(row: 3, column: place.start + 1))
        #expect(model.layout.sort == .memory && !model.layout.reverse)
        _ = model.handle(.click(row: 3, column: place.start + 1))
        #expect(model.layout.reverse)
        _ = model.handle(.click(row: 3, column: 0))
        #expect(model.layout.sort == .path && !model.layout.reverse)
        _ = model.handle(.wheelDown)
        #expect(model.cursor == 3)
    }

    @Test func aClickOutsideOfTheProcessesSelectsNone() {
        func rows(_ count: Int32) -> [ProcessRow] {
            (1...count).map {
                ProcessRow(pid: $0, user: "u", cpuPercent: 0, memoryBytes: 0, command: "c")
            }
        }
        var model = SampleMachine.model(keys: ["z"])
        model.show(rows(50))
        _ = model.handle(.end)
        let (head, status) = (model.geometry.headRow, model.geometry.statusRow)
        for line in [0, head, head + 1, status] {
            _ = model.handle(.click(row: line, column: 3))
            #expect(model.processes.selected?.pid == 50, "line \(line)")
        }
        // The first and the last row on the screen.
        _ = model.handle(.click(row: head + 2, column: 3))
        #expect(model.processes.selected?.pid == Int32(50 - (status - head - 3)))
        _ = model.handle(.click(row: status - 1, column: 3))
        #expect(model.processes.selected?.pid == 50)
        // The list is shorter than the screen.
        model.show(rows(3))
        _ = model.handle(.click(row: head + 3, column: 3))
        #expect(model.processes.selected?.pid == 2)
        _ = model.handle(.click(row: head + 5, column: 3))
        #expect(model.processes.selected?.pid == 2)
    }

    @Test func marksHaveAColumnOfTheirOwn() {
        let model = SampleMachine.model(keys: ["j", ".", "j", "."])
        let lines = FrameComposer.compose(model, SampleMachine.scene).lines
        #expect(lines.count { $0.hasPrefix("* ") } == 2)
        #expect(lines[2].contains("marked 2"))
    }

    @Test func longPathsInAListKeepTheirEnds() {
        var builder = SnapshotBuilder()
        builder.add("/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1234/app-one")
        var model = LiveModel(layout: Layout(tree: false))
        model.size = ScreenSize(rows: 24, columns: 80)
        model.show(builder.build())
        let lines = FrameComposer.compose(model, SampleMachine.scene).lines
        #expect(lines.contains { $0.hasPrefix("…") && $0.contains("pod1234/app-one") })
    }

    @Test func processesAreSortedNestedAndSelected() {
        var list = ProcessList()
        func row(_ pid: Int32, _ parent: Int32, _ cpu: Double, _ user: String) -> ProcessRow {
            ProcessRow(
                pid: pid, parent: parent, user: user, cpuPercent: cpu, memoryBytes: UInt64(pid),
                command: "c")
        }
        list.show([
            row(10, 1, 1, "b"), row(11, 10, 9, "a"), row(12, 10, 5, "c"), row(13, 1, 3, "a"),
        ])
        #expect(list.rows.map(\.pid) == [11, 12, 13, 10])
        list.move(to: 2)
        list.order = .user
        #expect(list.rows.map(\.pid) == [11, 13, 10, 12])
        #expect(list.selected?.pid == 13)
        list.isTree = true
        #expect(list.rows.map(\.pid) == [13, 10, 11, 12])
        #expect(list.depths == [0, 0, 1, 1])
    }

    @Test func longLinesAreWrappedAtBlanksAndKeepTheirColumns() {
        #expect(LineWrap.lines("a  b  c", to: 80) == ["a  b  c"])
        #expect(
            LineWrap.lines("  one  two three four", to: 14) == ["  one  two", "  three four"])
        #expect(LineWrap.lines("aaaaaaaaaaaaaaaaaaaa", to: 9) == ["aaaaaaaaa", "aaaaaaaaa", "aa"])
        // One character of 120 cells, which a user may put into a name.
        let jamo = String(repeating: "\u{1100}", count: 60)
        for indent in ["", "  "] {
            for text in [jamo, "a \(jamo) b", "\(jamo)\(jamo)"] {
                #expect(LineWrap.lines(indent + text, to: 76).count < 10)
            }
        }
        #expect(LineWrap.lines("日本語日本語日本語", to: 9).allSatisfy { CellWidth.of($0) <= 9 })
    }
}
