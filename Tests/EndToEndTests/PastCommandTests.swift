import Foundation
import TestSupport
import Testing

/// Commands that show a time in the past, over a recording.
@Suite struct PastCommandTests {
    private let past: PastRecording

    init() throws { past = try PastRecording() }

    @Test func showReadsTheNewestSampleBeforeTheTime() throws {
        let json = try past.objects("show", "/a", "--at", PastRecording.at(59), "--json")
        #expect(json.count == 1)
        #expect(json[0]["time"] as? Int == PastRecording.start + 59)
        #expect(json[0]["memory.current"] as? Int == 60 << 20)
        #expect(json[0]["cpu.usage_usec.rate"] as? Int == 500_000)
        #expect(json[0]["processes"] == nil && json[0]["inodes"] == nil)
        let text = try past.run("show", "a", "--at", "-10s").output
        #expect(text.hasPrefix("/a\n"))
        #expect(text.contains("  as of 2026-09-21 14:15:09\n"), "\(text)")
        #expect(text.contains("memory.current") && text.contains("110M"), "\(text)")
        #expect(text.contains("\n\nProcesses\n  not recorded\n\n"))
    }

    /// A second is any instant within it; a fraction is exact.
    @Test func aFractionExcludesLaterSamplesOfItsSecond() throws {
        let recording = try PastRecording(count: 20, offset: 750_000)
        func time(_ text: String) throws -> Int? {
            let shown = try recording.objects("show", "/a", "--at", text, "--json")
            return shown.first?["memory.current"] as? Int
        }
        #expect(try time(PastRecording.at(9)) == 10 << 20)
        #expect(try time(PastRecording.at(9) + ".0") == 9 << 20)
        #expect(try time(PastRecording.at(9) + ".75") == 10 << 20)
    }

    @Test func statOfACgroupThatMayHaveEndedSince() throws {
        let objects = try past.objects(
            "stat", "a", "--from", PastRecording.at(58), "--to", PastRecording.at(60), "--json")
        #expect(!objects.isEmpty && objects.allSatisfy { $0["path"] as? String == "/a" })
    }

    @Test func treeListsTheCgroupsOfThatTime() throws {
        let early = try past.run("tree", "--at", PastRecording.at(59)).output
        #expect(early.contains("├─ a") || early.contains("└─ a"))
        #expect(!early.contains("─ b"))
        let late = try past.run("tree", "--at", PastRecording.at(60)).output
        #expect(late.contains("─ b"))
        let result = try past.run("tree", "--at", PastRecording.at(60), "--json")
        let list = try #require(
            try JSONSerialization.jsonObject(with: Data(result.bytes)) as? [[String: Any]])
        #expect(list.map { $0["path"] as? String } == ["/", "/a", "/b"])
        #expect(list.allSatisfy { $0["processes"] == nil && $0["time"] != nil })
    }

    @Test func explainFindsTheLimitOfThatTime() throws {
        let late = try past.run("explain", "/a", "--at", PastRecording.at(119))
        #expect(late.status == 0, "\(late.errors)")
        #expect(late.lines[1] == "  as of 2026-09-21 14:15:19", "\(late.output)")
        #expect(late.output.contains("memory.max"))
        let json = try past.objects("explain", "/a", "--at", PastRecording.at(119), "--json")
        #expect(json.first?["path"] != nil || json.first?["cgroup"] != nil)
    }

    @Test func topPrintsThatFrameAsStatDoes() throws {
        let time = PastRecording.at(90)
        let top = try past.objects("top", "-n", "1", "--at", time, "--json")
        let stat = try past.objects("stat", "--from", time, "--to", time, "--json")
        #expect(top.count == 3 && top as NSArray == stat as NSArray)
        let text = try past.run("top", "-b", "--at", time).output
        #expect(text.contains("/a") && text.contains("50.0"), "\(text)")
        let many = try past.run("top", "-b", "-n", "3", "--at", "-1s")
        #expect(many.lines.filter { $0.hasPrefix("/a ") }.count == 2, "\(many.output)")
    }

    @Test func cgroupThatDidNotExistIsNamedWithTheTime() throws {
        let result = try past.run("show", "/b", "--at", PastRecording.at(10))
        #expect(result.status == 66)
        #expect(
            result.errors == "cgwarden: there was no cgroup /b at 2026-09-21 14:13:30\n",
            "\(result.errors)")
    }

    @Test(arguments: [
        ("soon", 64, "--at: 'soon' is invalid"), ("@4000000000", 64, "is in the future"),
        ("-1h", 66, "the history begins at 2026-09-21 14:13:20; -1h is before that"),
    ]) func wrongTimesGetOneLine(time: String, status: Int, message: String) throws {
        for words in [
            ["show", "/a"], ["tree"], ["explain", "/a"], ["top", "-b"], ["diff", "/a"],
        ] {
            let result = try ProgramRun.run(
                ProgramRun.cgwarden, words + ["--at", time, "--history", past.path])
            #expect(result.status == status, "\(words) \(result.errors)")
            #expect(result.errorLines.count == 1 && result.errors.contains(message), "\(result)")
        }
    }

    @Test func skippedLocalTimeIsRefused() throws {
        for time in ["2026-03-29 02:30", "2026-03-29T02:30:00"] {
            let result = try ProgramRun.run(
                ProgramRun.cgwarden, ["show", "/a", "--at", time, "--history", past.path],
                environment: ["TZ": "Europe/Berlin"])
            #expect(result.status == 64)
            #expect(
                result.errors == "cgwarden: \(time): there is no such local time on 2026-03-29, "
                    + "because the clocks went forward\n", "\(result.errors)")
        }
        // The hour that occurs twice means the first one, and is fine.
        let twice = try ProgramRun.run(
            ProgramRun.cgwarden,
            ["show", "/a", "--at", "2026-10-25 02:30", "--history", past.path],
            environment: ["TZ": "Europe/Berlin"])
        #expect(twice.errors.contains("in the future"), "\(twice.errors)")
    }

    @Test func optionsThatNeedATimeAreRefusedWithoutOne() throws {
        for words in [
            ["show", "/a"], ["tree"], ["explain", "/a"], ["top", "-b"], ["stat"],
        ] {
            let result = try ProgramRun.run(
                ProgramRun.cgwarden, words + ["--history", past.path])
            #expect(result.status == 64 && result.errorLines.count == 1, "\(result.errors)")
        }
        // A mistake that only the running command finds.
        let period = try past.run("stat", "--from", "-1s", "--to", "-9s")
        #expect(
            period.status == 64
                && period.errors
                    == "cgwarden: --to is before --from; see `cgwarden stat --help`\n",
            "\(period.errors)")
        let window = try past.run("explain", "/a", "--at", "-1s", "--window", "1s")
        #expect(window.status == 64)
        let dead = try past.run("show", "--dead", "--at", "-1s")
        #expect(dead.status == 64)
    }

    @Test func absentHistoryIsExplained() throws {
        let missing = try ProgramRun.cgwarden(
            "show", "/a", "--at", "-1h", "--history", "/none/here")
        #expect(missing.status == 66 && missing.errorLines.count == 1, "\(missing.errors)")
        let folder = try ScratchFolder()
        let empty = try ProgramRun.cgwarden(
            "tree", "--at", "-1h", "--history", folder.path(""))
        #expect(empty.status == 69, "\(empty.errors)")
        let remedy =
            "contains no sample; name a recording, or the directory of the daemon's history"
        #expect(empty.errors.contains(remedy), "\(empty.errors)")
        try folder.write("p.yaml", "apiVersion: cgwarden/v1\n")
        let backtest = try ProgramRun.cgwarden(
            "policy", "backtest", folder.path("p.yaml"), "--history", folder.path(""))
        #expect(backtest.status == 65 && backtest.errors.contains(remedy), "\(backtest)")
    }

    @Test(
        .enabled(
            if: getuid() == 0 && ProgramRun.isInstalled("setpriv"), "it needs root and setpriv"))
    func anotherUsersHistoryNeedsItsOwnerAndNotTheGroup() throws {
        let folder = try ScratchFolder()
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o700], ofItemAtPath: folder.path(""))
        let result = try ProgramRun.run(
            "setpriv",
            [
                "--reuid", "65534", "--clear-groups", ProgramRun.cgwarden, "tree", "--at", "-1h",
                "--history", folder.path(""),
            ])
        #expect(result.status == 77, "\(result.errors)")
        #expect(result.errorLines.count == 1)
        #expect(
            result.errors.hasSuffix("; run as root, or as its owner\n"), "\(result.errors)")
    }
}
