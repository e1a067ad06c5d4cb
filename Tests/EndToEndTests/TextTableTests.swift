import Testing

@testable import Reports

/// The columns of tables with names of any width, which were padded by characters.
@Suite struct TextTableTests {
    private static let rows = [
        ["CGROUP", "N", "M"], ["/日本", "1", "22"], ["/e\u{301}", "333", "4"],
    ]

    @Test func leftAlignedColumnsUseTerminalCells() {
        #expect(
            LeftTable(Self.rows).text == """
                CGROUP  N    M
                /日本   1    22
                /e\u{301}      333  4

                """)
    }

    @Test func rightAlignedColumnsUseTerminalCells() {
        #expect(
            TextTable(Self.rows).text == """
                CGROUP    N   M
                /日本     1  22
                /e\u{301}      333   4

                """)
    }

    @Test func laterRowsAlignWithTheTableBefore() {
        let table = TextTable(Self.rows)
        #expect(
            TextTable([["/x", "5", "-"]], atLeast: table.widths).text == "/x        5   -\n")
    }
}
