import Causes
import Foundation
import Testing

@testable import LiveView

/// Compares frames with golden files; `UPDATE_GOLDEN=1` in the environment rewrites them.
@Suite struct GoldenFrameTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var name: String
        var rows: Int
        var columns: Int
        var keys: [KeyEvent] = []
        var testDescription: String { name }
    }

    static let cases = [
        Case(name: "tree-80x24", rows: 24, columns: 80, keys: [.down, .down]),
        Case(name: "tree-120x30", rows: 30, columns: 120),
        Case(name: "list-80x24", rows: 24, columns: 80, keys: ["V", "m", "%"]),
        Case(name: "fold-80x24", rows: 24, columns: 80, keys: ["p", "j", "j", .enter]),
        Case(name: "filter-80x24", rows: 24, columns: 80, keys: ["/", "P", "o", "s", "t"]),
        Case(name: "cpu-80x24", rows: 24, columns: 80, keys: ["j", "j", .tab]),
        Case(name: "memory-120x30", rows: 30, columns: 120, keys: ["j", "j", .tab, .tab]),
        Case(name: "io-80x24", rows: 24, columns: 80, keys: ["j", "j", .tab, .tab, .tab]),
        Case(
            name: "pressure-120x30", rows: 30, columns: 120, keys: ["j", "j", .backTab, .backTab]),
        Case(name: "limits-80x24", rows: 24, columns: 80, keys: ["j", "j", .backTab]),
        Case(name: "columns-80x24", rows: 24, columns: 80, keys: ["f", "j", " "]),
        Case(name: "help-80x24", rows: 24, columns: 80, keys: ["h"]),
        Case(name: "processes-80x24", rows: 24, columns: 80, keys: ["j", "j", "z"]),
        Case(name: "causes-120x30", rows: 30, columns: 120, keys: ["j", "j", "x"]),
        Case(name: "events-80x24", rows: 24, columns: 80, keys: ["e"]),
        Case(name: "smallest-40x8", rows: 8, columns: 40),
        Case(name: "too-small-39x24", rows: 24, columns: 39),
    ]

    @Test(arguments: cases) func frameMatchesTheGoldenFile(_ example: Case) throws {
        var model = SampleMachine.model(
            rows: example.rows, columns: example.columns, keys: example.keys)
        if case .processes = model.mode {
            model.show([
                ProcessRow(
                    pid: 812, user: "postgres", cpuPercent: nil, memoryBytes: nil, command: "[kw]"),
                ProcessRow(
                    pid: 4_194_304, user: "a-very-long-name", cpuPercent: 54.5,
                    memoryBytes: 123 << 20, command: "postgres: worker \u{7} for a long query text"),
            ])
        }
        if case .explanation = model.mode, let snapshot = model.snapshot,
            let row = model.selectedRow
        {
            model.explanation = Explanation(row.index, in: snapshot)
        }
        if case .events = model.mode {
            model.show(events: [
                "14:02:11 oom-kill /batch/job-7: python3 (pid 4711, uid 1000, 412 MiB anon) killed "
                    + "by the limit of /batch (memory.max 512 MiB; usage 512 MiB)",
                "14:02:10 limit-hit /batch: hit memory.max (17 times)",
            ])
        }
        let frame = FrameComposer.compose(model, SampleMachine.scene)
        let text = frame.lines.joined(separator: "\n") + "\n"
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
        let file = folder.appending(path: "Golden/\(example.name).txt")
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] != nil {
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == text)
    }
}
