import TestSupport
import Testing

@testable import Reports

/// The columns of tables with names of any width, which were padded by characters.
@Suite struct TextTableTests {
    private static let rows = [
        ["CGROUP", "N", "M"], ["/日本", "1", "22"], ["/e\u{301}", "333", "4"],
    ]

    @Test func longLinesBreakAtBlanksAndTheirRestIsIndented() {
        let long = String(repeating: "x", count: 40)
        let text = "memory.max  512MiB  Hard limit of memory\nshort\n\(long)"
        #expect(
            WrappedText.text(text, to: 30) == """
                memory.max  512MiB  Hard limit
                    of memory
                short
                \(long)
                """)
        #expect(WrappedText.text(text, to: nil) == text)
    }

    /// The terminal would break the lines inside of words.
    @Test(arguments: [["set", "--list"], ["stat", "--list-fields"]])
    func listsOfTheCatalogsFitIntoTheTerminal(command: [String]) throws {
        let whole = try ProgramRun.run(ProgramRun.cgwarden, command)
        let fitted = try ProgramRun.run(
            ProgramRun.cgwarden, command, environment: ["COLUMNS": "80"])
        #expect(fitted.lines.allSatisfy { $0.count <= 80 })
        #expect(fitted.lines.count > whole.lines.count)
        let words = [whole, fitted].map { $0.output.split { $0 == " " || $0 == "\n" } }
        #expect(words[0] == words[1])
    }

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
