import Testing

@testable import Actuation

@Suite struct LockTableTests {
    private static let text = """
        1: POSIX  ADVISORY  WRITE 705 00:1c:12 0 EOF
        1: -> POSIX  ADVISORY  WRITE 706 00:1c:12 0 EOF
        1:  -> POSIX  ADVISORY  WRITE 707 00:1c:12 0 EOF
        2: FLOCK  ADVISORY  WRITE 800 fe:00:99 0 EOF
        3: OFDLCK ADVISORY  READ -1 fe:00:98 0 EOF
        3: -> OFDLCK ADVISORY  WRITE -1 fe:00:98 0 EOF

        """

    private func parsed(_ text: String) -> LockTable? { LockTable(parsing: Array(text.utf8)) }

    @Test func locksWithWaitersAreKept() throws {
        let table = try #require(parsed(Self.text))
        #expect(table.locks.map(\.holder) == [705, -1])
        #expect(table.locks[0].waiters == [706, 707])
    }

    @Test func onlyWaitersOutsideTheCgroupCount() throws {
        let table = try #require(parsed(Self.text))
        func holders(_ members: Set<Int32>) -> [Int32] {
            table.held(by: members) { _ in nil }.map(\.holder)
        }
        #expect(holders([705]) == [705])
        #expect(holders([705, 706]) == [705])
        #expect(holders([705, 706, 707]) == [])
        #expect(holders([706]) == [])
        #expect(holders([800]) == [])
    }

    @Test func processesThatShareAnOpenFileAreFound() throws {
        let table = try #require(parsed(Self.text))
        let held = table.held(by: [42]) { $0 == "fe:00:98" ? 42 : nil }
        #expect(held.map(\.lock.holder) == [-1])
        #expect(held.map(\.holder) == [42])
    }

    @Test func emptyTableHasNoLocks() throws {
        #expect(try #require(parsed("")).locks.isEmpty)
    }

    @Test(arguments: [
        "1: POSIX", "1: POSIX  ADVISORY  WRITE x 00:1c:12 0 EOF",
        "1: -> POSIX  ADVISORY  WRITE 706 00:1c:12 0 EOF",
    ])
    func malformedTableIsAnError(_ text: String) {
        #expect(parsed(text) == nil)
    }
}
