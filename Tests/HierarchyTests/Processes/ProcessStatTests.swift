import Foundation
import Hierarchy
import Testing

@Suite struct ProcessStatTests {
    private static let rest =
        " S 7 31538 6558 0 -1 4194304 101 0 0 0 11 12 0 0 20 0 3 0 186705 3133440 390 "
        + "18446744073709551615 94205482184704 0\n"

    @Test(arguments: ["cat", "a) S 1 (b", ")", "", "(", "x\ny", " "])
    func nameMayContainAnyBytes(name: String) throws {
        let stat = try ProcessStat(parsing: Array("42 (\(name))\(Self.rest)".utf8))
        #expect(stat.pid == 42)
        #expect(stat.nameBytes == Array(name.utf8))
        #expect(stat.state == "S")
        #expect(stat.parent == 7)
        #expect(stat.userTicks == 11)
        #expect(stat.systemTicks == 12)
        #expect(stat.startTicks == 186705)
        #expect(stat.residentPages == 390)
    }

    @Test(arguments: [
        "", "42", "42 cat S", "(cat) S 1", "42 (cat", "x (cat)\(rest)", "42 (cat) S 7 1 2\n",
        "42 (cat) SS\(rest.dropFirst(2))", "4294967296 (cat)\(rest)",
    ])
    func malformedTextIsAnError(text: String) {
        #expect(throws: ProcessTextError.self) { try ProcessStat(parsing: Array(text.utf8)) }
    }

    @Test func statOfThisProcessIsParsed() throws {
        let first = try ProcessStat(parsing: try procFile("self/stat"))
        let second = try ProcessStat(parsing: try procFile("self/stat"))
        #expect(first.pid == UInt32(getpid()))
        #expect(first.parent == UInt32(getppid()))
        #expect(first.startTicks == second.startTicks)
        #expect(first.startTicks > 0)
        #expect(first.userTicks <= second.userTicks)
        #expect(first.residentPages > 0)
    }

    @Test func damagedTextDoesNotCrash() {
        var refused = 0
        for bytes in damaged(Array("42 (cat)\(Self.rest)".utf8)) {
            do { _ = try ProcessStat(parsing: bytes) } catch { refused += 1 }
        }
        #expect(refused > 150)
    }

    @Test func nameCutWithinACharacterIsReadable() throws {
        let bytes = Array("42 (".utf8) + [0x61, 0xc3] + Array(")\(Self.rest)".utf8)
        #expect(try ProcessStat(parsing: bytes).name == "a\\xc3")
    }
}
