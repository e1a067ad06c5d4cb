import CgroupModel
import Foundation
import History
import Testing
import TestSupport

/// `cgwarden suggest` over a recording: the policy, its evidence and back-test, and refusals.
@Suite struct SuggestCommandTests {
    private let folder: ScratchFolder
    private static let day = SyntheticServer.day
    private static let mebibyte: UInt64 = 1 << 20

    init() throws { folder = try ScratchFolder() }

    private func record(
        _ server: SyntheticServer, hasUnified: Bool = true, as name: String = "day.rec"
    ) throws -> String {
        var encoder = SegmentEncoder(
            RecordingOrigin(
                bootID: "b", kernelRelease: "6.12", pageSize: 4096, runStart: 1,
                machine: RecordedMachine(
                    hasUnified: hasUnified, legacy: hasUnified ? [] : [.memory, .cpu, .pids],
                    cpus: (0..<8).map { .init(id: $0, core: $0, node: 0) }, disks: [])))
        var bytes = Data()
        for snapshot in server { bytes.append(contentsOf: encoder.encode(snapshot)) }
        try bytes.write(to: URL(filePath: folder.path(name)))
        return folder.path(name)
    }

    private func cgwarden(_ arguments: [String]) throws -> ProgramRun.Result {
        try ProgramRun.run(ProgramRun.cgwarden, arguments)
    }

    private func suggest(
        _ recording: String, _ arguments: String...
    ) throws -> ProgramRun.Result {
        try cgwarden(["suggest", "--history", recording] + arguments)
    }

    private func check(_ policy: String, mode: String = "v2") throws -> ProgramRun.Result {
        let capture = try ProgramCapture("v2")
        try folder.write("policy.yaml", policy)
        return try cgwarden([
            "policy", "check", folder.path("policy.yaml"), "--mode", mode, "--root", capture.root,
        ])
    }

    private static func month(days: UInt64) -> SyntheticServer {
        SyntheticServer(SyntheticServer.month(days: days), length: day * days)
    }

    private static func one(
        _ path: String = "/a", days: UInt64 = 2, _ reading: @escaping SyntheticServer.Reading
    ) -> SyntheticServer {
        SyntheticServer([SyntheticServer.Cgroup(path, reading)], length: day * days)
    }

    @Test func policyHasEvidenceIsValidAndItsBacktestAgrees() throws {
        let recording = try record(Self.month(days: 3))
        let result = try suggest(recording)
        #expect(result.status == 0 && result.errors == "", "\(result.errors)")
        let found = try check(result.output)
        // The captured machine has fewer CPUs than the recorded one.
        let findings = found.lines.filter { !$0.hasSuffix("[above-host]") }
        #expect(found.status == 0 && findings.isEmpty, "\(found)")

        // Each value is preceded by its evidence.
        let lines = result.output.split(separator: "\n", omittingEmptySubsequences: false)
        let values = lines.indices.filter { lines[$0].contains(#/^ {6}[a-z]+\.[a-z]+: /#) }
        #expect(values.count > 10)
        for index in values {
            #expect(lines[index - 1].hasPrefix("      # now "), "\(lines[index])")
        }
        #expect(
            result.output.contains(
                "      # now max; peak 400.0 MiB on 2026-09-22 02:13, p99 400.0 MiB"),
            "\(result.output)")
        #expect(
            result.output.contains("# memory.max: the limit of 128MiB bound 100% of the time"))

        // The back-test of the policy, from its text, counts the same.
        let table = lines.filter { $0.hasPrefix("#   ") }.map { $0.dropFirst(4) }
        // A weight limits nothing.
        let limits = values.filter { !lines[$0].contains("cpu.weight") }
        #expect(table.count == limits.count + 1)
        let backtest = try cgwarden([
            "policy", "backtest", folder.path("policy.yaml"), "--history", recording,
            "--interval", "60s",
        ])
        #expect(backtest.status == 0)
        for row in table {
            #expect(backtest.lines.contains(String(row)), "\(row)\n\(backtest.output)")
        }

        // No demand reaches a suggestion, and nine tenths of some are reached.
        let cells = table.dropFirst().map { $0.split(separator: " ") }
        #expect(cells.allSatisfy { $0[2] == "0" })
        #expect(cells.contains { $0[3] != "0" })
    }

    @Test func lowerValuesAreHitInTheBacktest() throws {
        let recording = try record(
            Self.one { second in
                SyntheticServer.memory(
                    SyntheticServer.daily(second, 100 * Self.mebibyte, 200 * Self.mebibyte))
            })
        try folder.write(
            "low.yaml",
            """
            apiVersion: cgwarden/v1
            groups: {a: {path: /a}}
            limits: [{on: a, set: {memory.max: 150MiB}}]
            """)
        let result = try cgwarden([
            "policy", "backtest", folder.path("low.yaml"), "--history", recording,
        ])
        // Half of two days of minutes, and the four moments at 150 MiB.
        let row = result.lines.first { $0.hasPrefix("memory.max ") }?.split(separator: " ")
        #expect(row?.prefix(3) == ["memory.max", "150MiB", "1442"], "\(result.output)")
    }

    @Test func jsonHasWhatTheTextHas() throws {
        let recording = try record(Self.month(days: 2))
        let result = try suggest(recording, "--json", "/app.slice/*.service")
        #expect(result.status == 0)
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(result.bytes)) as? [String: Any])
        let cgroups = try #require(object["cgroups"] as? [[String: Any]])
        let web = try #require(
            cgroups.first { $0["cgroup"] as? String == "/app.slice/web.service" })
        let limits = try #require(web["limits"] as? [[String: Any]])
        let memory = try #require(limits.first { $0["name"] as? String == "memory.max" })
        #expect(memory["value_text"] as? String == "460MiB")
        #expect(memory["peak"] as? UInt64 == 400 * Self.mebibyte)
        let trial = try #require(memory["backtest"] as? [String: Any])
        #expect(trial["hits"] as? Int == 0 && trial["samples"] as? Int == 2881)
        let left = try #require(object["left_out"] as? [[String: Any]])
        #expect(left.map { $0["cgroup"] as? String } == ["/app.slice/new.service"])
        let text = try suggest(recording, "/app.slice/*.service").output
        #expect(object["policy"] as? String == text)
    }

    @Test func hostileNamesGiveAValidPolicyForThemAlone() throws {
        let names: [[UInt8]] = [
            Array("\"]}: *x".utf8), Array("a[b]?{c".utf8), Array("\u{1b}[31m".utf8), [0xff, 0xfe],
            Array("- & !".utf8), Array("# no".utf8), Array(#"dev\x2dsda"#.utf8),
            Array("\u{202e}\u{e9}".utf8), Array("{{{{{{{{{{{{{{{{{{{".utf8),
        ]
        let server = SyntheticServer(
            names.map { name in
                SyntheticServer.Cgroup(bytes: Array("/".utf8) + name) { _ in
                    SyntheticServer.memory(100 * Self.mebibyte)
                }
            }, length: Self.day * 2)
        let recording = try record(server)
        let result = try suggest(recording)
        #expect(result.status == 0, "\(result.errors)")
        #expect(!result.bytes.contains(0x1b))
        let found = try check(result.output)
        #expect(found.status == 0 && found.output == "", "\(found.output)\n\(result.output)")
        let backtest = try cgwarden([
            "policy", "backtest", folder.path("policy.yaml"), "--history", recording,
            "--interval", "60s",
        ])
        let rows = backtest.lines.filter { $0.hasPrefix("memory.max ") }
        #expect(rows.count == names.count, "\(backtest.output)")
        // A printed name selects its cgroup.
        let named = try suggest(recording, #"/\xff\xfe"#)
        #expect(named.status == 0 && named.output.contains(#"# /\xff\xfe: seen for 2 days"#))
    }

    @Test func v1GetsASoftLimit() throws {
        let server = SyntheticServer(
            [SyntheticServer.Cgroup("/a") { _ in SyntheticServer.memory(100 * Self.mebibyte) }],
            length: Self.day * 2, without: ["memory.high", "memory.events.high"],
            with: ["memory.soft_limit"])
        let result = try suggest(try record(server, hasUnified: false))
        #expect(result.output.contains("\n      memory.soft_limit: 108MiB\n"), "\(result.output)")
        #expect(!result.output.contains("memory.high"))
        let found = try check(result.output, mode: "v1")
        #expect(found.status == 0 && found.output == "", "\(found)")
    }

    @Test func tooLittleHistoryIsRefusedWithOneLine() throws {
        let short = try record(
            SyntheticServer(
                [SyntheticServer.Cgroup("/a") { _ in SyntheticServer.memory(1 << 20) }],
                length: 3600 * 3))
        let result = try suggest(short)
        #expect(result.status == 65 && result.output == "")
        #expect(
            result.errors
                == "cgwarden: nothing can be suggested: the samples cover 3h, but a suggestion "
                + "needs 24h; record longer, or allow less with --min-window\n")
        #expect(try suggest(short, "--min-window", "2h").status == 0)

        let recording = try record(Self.month(days: 2), as: "month.rec")
        let young = try suggest(recording, "new.service")
        #expect(young.status == 65 && young.errorLines.count == 1)
        #expect(young.errors.contains("/app.slice/new.service: seen for 1h only"))
        let other = try suggest(recording, "/other")
        #expect(other.status == 66 && other.errorLines.count == 1, "\(other.errors)")
        let missing = try suggest(folder.path("missing"))
        #expect(missing.status == 66 && missing.errorLines.count == 1, "\(missing.errors)")
        #expect(try suggest(recording, "--margin", "-5%").status == 64)
    }

    @Test func limitThatBoundAllTheTimeIsRefused() throws {
        let recording = try record(
            SyntheticServer(
                [
                    SyntheticServer.Cgroup("/a") { _ in
                        var all = SyntheticServer.memory(127 * Self.mebibyte)
                        all["memory.max"] = 128 * Self.mebibyte
                        return all
                    }
                ], length: Self.day * 2, without: ["pids.current"]))
        let result = try suggest(recording, "/a")
        #expect(result.status == 65 && result.output == "")
        #expect(
            result.errors
                == "cgwarden: nothing can be suggested: /a: memory.max: the limit of 128MiB bound "
                + "100% of the time, so the demand was never seen; try at least 178MiB, and "
                + "suggest again\n")
    }

    @Test func windowAndMarginAreUsed() throws {
        let recording = try record(
            Self.one(days: 4) { second in
                SyntheticServer.memory((second < Self.day ? 400 : 200) * Self.mebibyte)
            })
        func memory(_ arguments: String...) throws -> String? {
            let result = try cgwarden(["suggest", "--history", recording] + arguments)
            return result.lines.first { $0.hasPrefix("      memory.max: ") }
                .map { String($0.dropFirst(18)) }
        }
        #expect(try memory() == "460MiB")
        #expect(try memory("--window", "2d") == "230MiB")
        #expect(try memory("--window", "48h", "--margin", "50%") == "300MiB")
    }
}
