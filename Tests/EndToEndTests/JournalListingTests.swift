import Actuation
import CgroupModel
import Testing

@testable import Reports

/// The tables of changes: names and values of limits, and their width.
@Suite struct JournalListingTests {
    private static let wide = [
        ["CGROUP", "HIERARCHY", "WHAT", "SET", "NOW", "BY"],
        ["/build", "cpu,cpuacct", "memory.max", "97656KiB", "97656KiB", "set memory.max=100MB"],
    ]

    @Test func columnsGiveWayToAWidthInTheirOrder() {
        var table = FittedTable(Self.wide)
        table.drop("HIERARCHY", unlessWithin: 200)
        #expect(table.text.contains("HIERARCHY"))
        table.drop("HIERARCHY", unlessWithin: 60)
        #expect(!table.text.contains("cpuacct") && table.text.contains("memory.max=100MB"))
        table.cut("BY", within: 50)
        let lines = table.text.split(separator: "\n")
        #expect(lines.allSatisfy { $0.count <= 50 }, "\(lines)")
        #expect(lines[1].hasSuffix("…"))
    }

    @Test func longDurationsAreInDays() {
        #expect(Duration.seconds(8_640_000).roundedText == "100d")
        #expect(Duration.seconds(432_001).roundedText == "6d")
        #expect(Duration.seconds(7200).roundedText == "120m")
        #expect(Duration.seconds(8_640_000).exactText == "100d")
        #expect(Duration.seconds(9000).exactText == "150m")
        #expect(Duration.seconds(60).exactText == "60s")
        #expect(Duration.milliseconds(130_500).exactText == "130500ms")
    }

    @Test func manyHierarchiesAreCounted() {
        var rows = HierarchyRows()
        for name in ["cpu", "memory", "pids"] { rows.add(["/build", "cgroup"], hierarchy: name) }
        rows.add(["/other", "pids.max"], hierarchy: "pids")
        #expect(
            rows.cells == [["/build", "3 hierarchies", "cgroup"], ["/other", "pids", "pids.max"]])
    }
}
