import Foundation
import TestSupport
import Testing

/// Compares outputs with golden files; `UPDATE_GOLDEN=1` in the environment rewrites them.
@Suite struct GoldenTextTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var name: String
        var arguments: [String]
        /// The captured tree, nil for none.
        var mode: String?
        var testDescription: String { name }
    }

    private static let commands = ["top", "show", "tree", "stat", "exporter"]

    static let cases: [Case] =
        ProgramCapture.modes.flatMap { mode in
            [
                Case(name: "show-\(mode)", arguments: ["show", "db.service"], mode: mode),
                Case(name: "show-web-\(mode)", arguments: ["show", "web.service"], mode: mode),
                Case(name: "tree-\(mode)", arguments: ["tree"], mode: mode),
                Case(
                    name: "stat-\(mode)", arguments: ["stat", "-n", "2", "-i", "20ms"], mode: mode),
                Case(
                    name: "top-\(mode)", arguments: ["top", "-b", "-n", "2", "-d", "20ms"],
                    mode: mode),
                Case(
                    name: "csv-\(mode)", arguments: ["stat", "--csv", "-n", "2", "-i", "20ms"],
                    mode: mode),
            ]
        } + [
            Case(
                name: "top-raw", arguments: ["top", "-1", "-r", "-m", "--depth", "1"], mode: "v2"),
            Case(
                name: "tree-controller", arguments: ["tree", "--controller", "pids", "app.slice"],
                mode: "v1"),
            Case(name: "help", arguments: ["--help"]),
            Case(name: "fields", arguments: ["stat", "--list-fields"]),
        ] + commands.map { Case(name: "help-\($0)", arguments: [$0, "--help"]) }
        + ["check", "plan", "backtest", "explain"].map {
            Case(name: "help-policy-\($0)", arguments: ["policy", $0, "--help"])
        }

    @Test(arguments: cases) func outputMatchesTheGoldenFile(_ example: Case) throws {
        let capture = try example.mode.map { try ProgramCapture($0) }
        let root = capture.map { ["--root", $0.root] } ?? []
        let result = try ProgramRun.run(ProgramRun.cgwarden, example.arguments + root)
        #expect(result.status == 0)
        #expect(result.errors.isEmpty, "\(result.errors)")
        let text = Self.withoutChance(result.output, isCSV: example.name.hasPrefix("csv"))
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
        let file = folder.appending(path: "Golden/\(example.name).txt")
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] != nil {
            try Data(text.utf8).write(to: file)
        }
        let golden = try String(decoding: Data(contentsOf: file), as: UTF8.self)
        #expect(golden == text, "\(Self.difference(golden, text))")
    }

    /// Unpacking gives every directory a new inode, and time goes by.
    private static func withoutChance(_ text: String, isCSV: Bool) -> String {
        let pattern = isCSV ? "(?m)^[0-9.]+,([^,]*),[0-9]+," : "inode [0-9]+"
        let text = text.replacingOccurrences(
            of: pattern, with: isCSV ? "TIME,$1,INODE," : "inode N", options: .regularExpression)
        return text.replacingOccurrences(of: "\r\n", with: "<CR>\n")
    }

    /// The first line that is not the same.
    private static func difference(_ left: String, _ right: String) -> String {
        let pairs = zip(left.components(separatedBy: "\n"), right.components(separatedBy: "\n"))
        return pairs.first { $0 != $1 }.map { "\n- \($0)\n+ \($1)" } ?? "one is longer"
    }
}
