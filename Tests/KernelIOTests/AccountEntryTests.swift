import Glibc
import Testing

@testable import KernelIO

/// Entries of the databases of users and groups.
@Suite struct AccountEntryTests {
    @Test(arguments: [1, 16_384, 65_537, 1_000_000])
    func longEntryIsFound(size: Int) throws {
        let found = try AccountEntry.find("group g") {
            (room: inout [CChar]) -> (code: Int32, found: Int?) in
            room.count < size ? (ERANGE, nil) : (0, 7)
        }
        #expect(found == 7)
    }

    @Test func entryBeyondTheBoundIsAnError() throws {
        var largest = 0
        let error = #expect(throws: IOError.self) {
            _ = try AccountEntry.find("group g") {
                (room: inout [CChar]) -> (code: Int32, found: Int?) in
                largest = max(largest, room.count)
                return (ERANGE, nil)
            }
        }
        #expect("\(try #require(error))" == "cannot look up group g: it exceeds 1 MiB")
        #expect(largest == 1 << 20)
    }

    @Test func failedLookupIsNotAMissingEntry() throws {
        func find(_ code: Int32) throws -> Int? {
            try AccountEntry.find("user u") {
                (room: inout [CChar]) -> (code: Int32, found: Int?) in (code, nil)
            }
        }
        for code in [0, ENOENT, ESRCH] { #expect(try find(code) == nil) }
        #expect(throws: IOError("look up", "user u", code: EIO)) { _ = try find(EIO) }
    }

    @Test func knownNamesAreFound() throws {
        #expect(try GroupName.number(of: "root") == 0)
        #expect(try GroupName.number(of: "cgwarden-no-such-group") == nil)
        #expect(UserName.text(0) == "root")
        #expect(UserName.text(4_000_000_000) == "4000000000")
        #expect(try UserAccount("root")?.user == 0)
        #expect(try UserAccount("cgwarden-no-such-user") == nil)
    }
}
