import CgroupModel
import TestSupport
import Testing

@testable import LiveView

@Suite struct FittingTests {
    static let modes: [[KeyEvent]] = [
        [], ["V"], ["/", "日", "x"], ["f", .end], ["h", .end], ["z"], [.tab], [.tab, .tab],
        [.tab, .tab, .tab], [.backTab, .backTab], [.backTab], ["a"], ["S", .end], ["2"], ["5"],
        [")", ")"], [".", "."], ["/", "c", "p", "u", ">"],
    ]

    @Test(arguments: modes) func textStaysWithinTheLineAtAnyWidth(_ keys: [KeyEvent]) {
        for columns in 40...250 {
            for rows in [8, 16, 50] where rows == 16 || columns % 10 == 0 {
                var model = SampleMachine.model(rows: rows, columns: columns)
                for key in ["j", "j"] + keys { _ = model.handle(key) }
                let frame = FrameComposer.compose(model, SampleMachine.scene)
                for run in frame.runs {
                    #expect(run.row < rows)
                    #expect(run.column + CellWidth.of(run.text) <= columns, "\(run)")
                }
            }
        }
    }

    /// Another host, or a recording, may claim any number.
    @Test(arguments: [Reading.largestValue, 1 << 63, 0]) func anyNumbersAreDrawn(_ number: UInt64) {
        var builder = SnapshotBuilder()
        let plain = MetricCatalog.all.filter { $0.dimension == nil && $0.kind != .text }
        let readings = Dictionary(uniqueKeysWithValues: plain.map { ($0.name, Reading(number)) })
        let before = Dictionary(
            uniqueKeysWithValues: plain.filter { $0.kind == .counter }
                .map { ($0.name, Reading(Reading.largestValue - number)) })
        for path in ["/", "/a", "/a/b"] { builder.add(path, readings, before: before) }
        builder.host.memoryTotal = Reading(number)
        builder.host.swapTotal = Reading(number)
        builder.host.tasks = Reading(number)
        builder.host.load = Reading(number)
        builder.host.cpuBusy = Reading(number)
        builder.host.cpuTotal = Reading(number)
        for free in [Reading.absent, Reading(0), Reading(number)] {
            builder.host.memoryFree = free
            builder.host.memoryAvailable = free
            builder.host.swapFree = free
            let snapshot = builder.build()
            for keys in Self.modes + [["1"], ["3"], ["4"], ["6"]] {
                var model = LiveModel()
                model.size = ScreenSize(rows: 50, columns: 200)
                model.show(snapshot, titles: [:])
                for key in ["j"] + keys { _ = model.handle(key) }
                #expect(!FrameComposer.compose(model, SampleMachine.scene).lines.isEmpty)
            }
        }
    }

    /// The longest text of a meter, such as `12.1G/16.0G`.
    @Test func metersDoNotTouch() {
        for columns in 66...250 {
            let model = SampleMachine.model(rows: 24, columns: columns)
            let meters = FrameComposer.compose(model, SampleMachine.scene).runs.filter {
                $0.row == 1
            }
            for swap in meters where swap.text.hasPrefix("Swap") {
                let before = meters.filter { $0.column < swap.column }
                let end = before.map { $0.column + CellWidth.of($0.text) }.max() ?? 0
                #expect(end < swap.column, "\(columns) columns")
            }
        }
    }

    @Test func keysInTheHelpLeaveABlankBeforeTheirMeaning() {
        for line in HelpText.lines {
            #expect(CellWidth.of(line.name) <= 11, "\(line.name)")
        }
    }

    @Test func memoryOfTheRootIsNamedIfItExceedsThatOfTheHost() {
        var builder = SnapshotBuilder()
        builder.add("/", ["memory.current": Reading(4 << 30)])
        builder.host.memoryTotal = Reading(8 << 30)
        builder.host.memoryFree = Reading(7 << 30)
        builder.host.memoryAvailable = Reading(7 << 30)
        var model = LiveModel()
        model.size = ScreenSize(rows: 24, columns: 80)
        model.show(builder.build(), titles: [:])
        let lines = FrameComposer.compose(model, SampleMachine.scene).lines
        #expect(lines[2].contains("Mem of / with cache 4.0G"), "\(lines[2])")
    }

    @Test func menuSaysHowManyChoicesItHasNoRoomFor() {
        func foot(_ keys: [KeyEvent]) -> String {
            var model = LiveActionTests.model()
            model.size = ScreenSize(rows: 10, columns: 60)
            for key in keys { _ = model.handle(key) }
            return FrameComposer.compose(model, SampleMachine.scene).lines.last {
                $0.contains("└─")
            }
                ?? ""
        }
        #expect(foot(["a"]).contains(" 3 below ┘"))
        #expect(foot(["a"] + [KeyEvent](repeating: .down, count: 7)).contains(" 3 above ┘"))
    }

    private static let all = Column.usual.filter { $0 != .cgroup }

    @Test func columnsDoNotOverlapAtAnyWidth() {
        var before = 0
        for width in 40...250 {
            let places = TableLayout(width: width, wanted: Self.all).places
            var end = 0
            for place in places {
                #expect(place.start >= end)
                #expect(place.width > 0)
                end = place.start + place.width
            }
            #expect(end == width)
            #expect(places[0].column == .cgroup)
            #expect(places[0].width >= 18)
            #expect(places.contains { $0.column == .cpu })
            #expect(places.count >= before, "a wider terminal never shows fewer columns")
            before = places.count
        }
        #expect(before == Column.usual.count)
    }

    @Test func numbersStayNearTheNamesOnAWideTerminal() {
        let places = TableLayout(width: 300, wanted: Self.all, names: 60).places
        #expect(places[0].width == 60)
        #expect(places.count == Column.usual.count)
        #expect((places.last?.start ?? 300) < 180)
    }

    @Test func columnsScrollSideways() {
        let places = TableLayout(width: 80, wanted: Self.all, skipped: 5).places
        #expect(places.map(\.column).starts(with: [.cgroup, .swap, .pressureCPU, .pressureMemory]))
        #expect(places.allSatisfy { $0.start + $0.width <= 80 })
    }

    @Test func onlySelectedColumnsAreShown() {
        let places = TableLayout(width: 200, wanted: [.tasks, .oom]).places
        #expect(places.map(\.column) == [.cgroup, .tasks, .oom])
    }

    @Test func adjacentCellsAreSeparated() {
        let model = SampleMachine.model(rows: 30, columns: 160)
        let frame = FrameComposer.compose(model, SampleMachine.scene)
        let table = model.table
        for line in frame.lines[4..<15] {
            for place in table.places.dropFirst() {
                var column = 0
                for character in line {
                    if column == place.start - 1 { #expect(character == " ", "\(line)") }
                    column += CellWidth.of(String(character))
                }
            }
        }
    }
}

@Suite struct CellWidthTests {
    @Test(arguments: [
        ("abc", 3), ("", 0), ("ä", 1), ("a\u{308}", 1), ("日本", 4), ("한글", 4), ("ｆｕ", 4), ("🦊", 2),
        ("e\u{301}\u{327}", 1), ("\u{200b}", 0), ("█▏", 2), ("│├─└▸…", 6), ("🇩", 1),
        ("\u{1100}\u{1161}", 2),
    ])
    func widthsMatchTheTerminals(text: String, width: Int) {
        #expect(CellWidth.of(text) == width)
    }

    @Test func wideCharactersAreNotSplit() {
        #expect(CellWidth.clipped("日本語", to: 3) == "日")
        #expect(CellWidth.clipped("a\u{308}b", to: 1) == "a\u{308}")
        #expect(CellWidth.padding("日本", to: 6) == "  ")
        #expect(CellWidth.padding("日本", to: 3) == "")
        #expect(CellWidth.ellipsised("日本語", to: 5) == "日本…")
        for width in 0...12 {
            for text in ["日本語テスト.service", "abcdefghijklmnop", "e\u{301}e\u{301}日e\u{301}e\u{301}"]
            {
                #expect(CellWidth.of(CellWidth.clipped(text, to: width)) <= width)
                #expect(CellWidth.of(CellWidth.ellipsised(text, to: width)) <= width)
                #expect(CellWidth.of(CellWidth.middleEllipsised(text, to: width)) <= width)
            }
        }
    }

    @Test func pathsAreCutInTheMiddle() {
        #expect(
            CellWidth.middleEllipsised("/system.slice/cron.service", to: 15) == "/system…service")
        #expect(CellWidth.middleEllipsised("short", to: 15) == "short")
    }

    @Test func frameEscapesCursorMovements() {
        var frame = Frame(size: ScreenSize(rows: 1, columns: 80))
        frame.put("a\u{1b}[31m\n\u{202e}b\u{9b}", row: 0, column: 0)
        #expect(frame.lines == [#"a\x1b[31m\x0a\u{202e}b\u{9b}"#])
    }
}

@Suite struct QuantityTests {
    @Test(arguments: [
        (0, "0"), (1, "1"), (1023, "1023"), (1024, "1.0K"), (102_300, "99.9K"), (102_400, "100K"),
        (1_047_552, "1023K"), (1_048_064, "1.0M"), (1_288_490_189, "1.2G"), (1.8e19, "15.6E"),
    ])
    func bytesArePowersOf1024(value: Double, text: String) {
        #expect(Quantity.bytes(value) == text)
    }

    @Test(arguments: [
        (0, "0"), (1500, "1.5ms"), (350_000, "350ms"), (1_250_000, "1.25s"), (59_996_000, "1m00s"),
        (247_000_000, "4m07s"), (11_520_000_000, "3h12m"), (1_051_200_000_000, "12d04h"),
    ])
    func durationsHaveTwoUnits(value: Double, text: String) {
        #expect(Quantity.duration(value) == text)
    }

    @Test func shortNumbersStayExact() {
        #expect(Quantity.count(99_999) == "99999")
        #expect(Quantity.count(123_456) == "123k")
        #expect(Quantity.percent(99.96) == "100.0")
        #expect(Quantity.percent(1234.4) == "1234")
        #expect(Quantity.hundredths(1203) == "12.03")
        #expect(Quantity.hundredths(10_000) == "100")
        #expect(Quantity.interval(1) == "1s")
        #expect(Quantity.interval(0.25) == "250ms")
        #expect(Quantity.interval(1.25) == "1.25s")
    }

    @Test func unavailableReasonsAreNotZero() {
        let reasons: [(Reading, String)] = [
            (.absent, "-"), (.unlimited, "max"), (.unsupported, "-"), (.notPermitted, "?"),
            (.gone, "-"), (.malformed, "bad"), (Reading(0), "0"),
        ]
        for (reading, text) in reasons {
            #expect(Figure(reading).text(Quantity.bytes) == text)
        }
        #expect(Figure(nil, from: .notPermitted).text(Quantity.bytes) == "?")
        #expect(Figure(nil, from: Reading(5)).text(Quantity.bytes) == "-")
    }
}

@Suite struct SparklineTests {
    @Test func zeroIsShownAndAbsentIsNot() {
        #expect(
            Sparkline.lines([nil, 0, 1, 50, 100], width: 6, height: 1, ceiling: 100)
                == ["  ▁▁▄█"])
        #expect(
            Sparkline.lines([25, 50, 75, 100, 500], width: 5, height: 2, ceiling: 100)
                == ["  ▄██", "▄████"])
        #expect(Sparkline.lines([1, 2, 3], width: 2, height: 1, ceiling: 3) == ["▅█"])
        #expect(Sparkline.lines([0], width: 1, height: 1, ceiling: 0) == ["▁"])
        #expect(Sparkline.lines([1], width: 0, height: 1, ceiling: 1).isEmpty)
    }

    @Test func barsFitTheirField() {
        #expect(Bar.filled(0, width: 4) == "")
        #expect(Bar.filled(0.001, width: 4) == "▏")
        #expect(Bar.filled(0.5, width: 4) == "██")
        #expect(Bar.filled(7, width: 4) == "████")
        #expect(Bar.filled(0.5, width: 0) == "")
        #expect(Bar.filled(0.5, width: -3) == "")
    }
}
