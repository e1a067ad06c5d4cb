import Foundation
import Testing

/// The table of what the policy engine must do, `Tests/PolicyRows.md`, names tests that exist.
@Suite struct PolicyRowsTests {
    private static let tests = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent()

    /// The rows by number, with the tests that each names as `Suite.test`.
    private static func rows() throws -> [(number: Int, tests: [String])] {
        let text = try String(
            contentsOf: tests.appending(path: "PolicyRows.md"), encoding: .utf8)
        return text.split(separator: "\n").compactMap { line in
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard let number = cells.first.flatMap({ Int($0) }), let last = cells.last else {
                return nil
            }
            let quoted = last.split(separator: "`", omittingEmptySubsequences: false).enumerated()
            return (number, quoted.filter { $0.offset % 2 == 1 }.map { String($0.element) })
        }
    }

    /// `Suite.test` of all tests, by the suite that was opened last before each.
    private static func known() throws -> Set<String> {
        var found: Set<String> = []
        let names = try FileManager.default.subpathsOfDirectory(atPath: tests.path())
        for name in names where name.hasSuffix("Tests.swift") {
            let text = try String(contentsOf: tests.appending(path: name), encoding: .utf8)
            var suite = ""
            for line in text.split(separator: "\n") {
                if let match = line.firstMatch(of: /(?:struct|class) (\w+Tests)\b/) {
                    suite = String(match.1)
                }
                if let match = line.firstMatch(of: /\bfunc (\w+)\(/) {
                    found.insert("\(suite).\(match.1)")
                }
            }
        }
        return found
    }

    @Test func everyRowHasTestsAndEveryTestExists() throws {
        let rows = try Self.rows()
        #expect(rows.map(\.number) == Array(1...54))
        let known = try Self.known()
        #expect(known.count > 500)
        for (number, tests) in rows {
            #expect(!tests.isEmpty, "row \(number)")
            for test in tests {
                let isThere = known.contains(test)
                #expect(isThere, "row \(number): \(test)")
            }
        }
    }
}
