import Foundation
import TestSupport
import Testing

/// `stat --from` and `diff` over a recording.
@Suite struct PastStreamTests {
    private let past: PastRecording

    init() throws { past = try PastRecording() }

    private func rows(_ arguments: String...) throws -> [[String]] {
        let result = try ProgramRun.run(
            ProgramRun.cgwarden, ["stat", "--csv", "--history", past.path] + arguments)
        try #require(result.status == 0, "\(result.errors)")
        return result.output.components(separatedBy: "\r\n").filter { !$0.isEmpty }.map {
            $0.components(separatedBy: ",")
        }
    }

    @Test func stepPrintsOneSampleAPeriodWithExactRates() throws {
        let rows = try rows(
            "--from", PastRecording.at(0), "--to", PastRecording.at(119), "--step", "20s",
            "--fields", "cpu.usage_usec,memory.current", "--cgroup", "/a")
        #expect(
            rows[0] == [
                "time", "path", "inode", "cpu.usage_usec", "cpu.usage_usec.rate", "memory.current",
            ])
        #expect((6...7).contains(rows.count - 1))
        for (earlier, later) in zip(rows.dropFirst(), rows.dropFirst(2)) {
            let seconds = try #require(Double(later[0])) - #require(Double(earlier[0]))
            let growth = try #require(Double(later[3])) - #require(Double(earlier[3]))
            #expect(Double(later[4]) == growth / seconds)
        }
    }

    @Test func withoutAStepEverySampleIsPrinted() throws {
        let rows = try rows(
            "--from", PastRecording.at(10), "--to", PastRecording.at(19), "--cgroup", "/a")
        #expect(rows.count == 11)
        #expect(rows[1][0] == "\(PastRecording.start + 10).000")
    }

    @Test func topChoosesByTheField() throws {
        let from = PastRecording.at(100)
        let memory = try rows("--from", from, "--to", from, "--top", "1", "--by", "memory.current")
        #expect(memory.dropFirst().map { $0[1] } == ["/b"])
        let cpu = try rows("--from", from, "--to", from, "--top", "1")
        #expect(cpu.dropFirst().map { $0[1] } == ["/a"])
        let wrong = try past.run("stat", "--from", from, "--top", "1", "--by", "nonsense")
        #expect(wrong.status == 64 && wrong.errorLines.count == 1, "\(wrong.errors)")
    }

    @Test func tableShowsTheTimeOfEachSample() throws {
        let result = try past.run(
            "stat", "--from", PastRecording.at(10), "--to", PastRecording.at(11), "--fields",
            "cpu.usage_usec")
        #expect(result.lines.filter { $0.hasPrefix("2026-09-21 14:13:3") }.count == 2)
        #expect(result.lines.filter { $0.hasPrefix("/a ") && $0.hasSuffix("50.0%") }.count == 2)
    }

    @Test func emptyPeriodIsAnError() throws {
        let reversed = try past.run(
            "stat", "--from", PastRecording.at(20), "--to", PastRecording.at(10))
        #expect(reversed.status == 64, "\(reversed.errors)")
        let nothing = try past.run("stat", "--from", PastRecording.at(0), "--cgroup", "/zzz")
        #expect(nothing.status == 66)
        #expect(nothing.errors.contains("no cgroup that matches /zzz"), "\(nothing.errors)")
        let before = try past.run("stat", "--from", "@0", "--to", "@1000")
        #expect(before.status == 66 && before.errors.contains("no sample"), "\(before.errors)")
    }

    @Test(.enabled(if: ProgramRun.isInstalled("promtool"), "promtool is not installed"))
    func promtoolImportsTheExport() throws {
        let result = try past.run("stat", "--from", PastRecording.at(0), "--openmetrics")
        try #require(result.status == 0, "\(result.errors)")
        #expect(result.output.hasSuffix("\n# EOF\n"))
        let folder = try ScratchFolder()
        let file = folder.path("text")
        try Data(result.bytes).write(to: URL(filePath: file))
        let blocks = folder.path("blocks")
        let made = try ProgramRun.run(
            "promtool", ["tsdb", "create-blocks-from", "openmetrics", file, blocks])
        #expect(made.status == 0, "\(made.errors)")
        // The dump wants a whole database.
        try folder.makeFolder("blocks/wal")
        let dump = try ProgramRun.run("promtool", ["tsdb", "dump", blocks])
        let points = dump.lines.filter { $0.contains("cgroup_memory_current_bytes") }
        #expect(points.filter { $0.contains("cgroup=\"/a\"") }.count == PastRecording.count)
        #expect(points.filter { $0.contains("cgroup=\"/b\"") }.count == 60)
        let cpu = try #require(
            dump.lines.last { $0.contains("cpu_usage_seconds_total") && $0.contains("\"/a\"") })
        #expect(cpu.hasSuffix(" 60 \(PastRecording.start + 119)000"), "\(cpu)")
    }

    @Test func diffListsTheLargestDifferenceFirst() throws {
        let json = try past.objects(
            "diff", "/a", "--at", PastRecording.at(1), "--at", PastRecording.at(119), "--json")
        let rows = try #require(json.first?["differences"] as? [[String: Any]])
        let fields = rows.compactMap { $0["field"] as? String }
        // A limit that was not set comes first; what began at zero differs most.
        #expect(fields.first == "memory.max", "\(fields)")
        #expect(fields.last == "memory.current", "\(fields)")
        #expect(Set(fields).isSuperset(of: ["memory.max", "memory.events.oom_kill"]))
        let memory = try #require(rows.last)
        #expect(memory["a"] as? Int == 2 << 20 && memory["b"] as? Int == 120 << 20)
        let limit = try #require(rows.first { $0["field"] as? String == "memory.max" })
        #expect(limit["a"] as? String == "max" && limit["b"] as? Int == 256 << 20)
    }

    @Test func diffComparesTwoCgroupsAtOneTime() throws {
        let result = try past.run("diff", "/a", "/b", "--at", PastRecording.at(119))
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.lines[0] == "A  /a at 2026-09-21 14:15:19", "\(result.output)")
        #expect(result.lines[1] == "B  /b at 2026-09-21 14:15:19")
        let cpu = try #require(result.lines.first { $0.hasPrefix("cpu.usage_usec.rate") })
        #expect(cpu.split(separator: " ").map(String.init).suffix(3) == ["50.0%", "10.0%", "-80%"])
    }

    /// Rates that a first sample lacks are no differences.
    @Test func diffWithAFirstSampleComparesNoRates() throws {
        let result = try past.run(
            "diff", "/a", "--at", PastRecording.at(0), "--at", PastRecording.at(119))
        #expect(result.status == 0, "\(result.errors)")
        #expect(
            result.lines.contains(
                "A is the first sample of the cgroup, so rates are not compared"),
            "\(result.output)")
        #expect(!result.output.contains(".rate"), "\(result.output)")
        #expect(result.output.contains("memory.current"))
    }

    @Test func diffOfEqualTimesIsEmptyAndSucceeds() throws {
        let result = try past.run(
            "diff", "/a", "--at", PastRecording.at(50), "--at", PastRecording.at(50))
        #expect(result.status == 0 && result.output.hasSuffix("\n\nno differences\n"))
        #expect(try ProgramRun.cgwarden("diff", "/a").status == 64)
    }
}
