import Foundation
import TestSupport
import Testing

/// `policy plan`, `policy explain --policy` and `policy backtest` on captured machines.
@Suite struct PolicyTrialTests {
    private let capture: ProgramCapture
    private static let text = """
        apiVersion: cgwarden/v1
        groups: {db: {path: /app.slice/db.service}}
        limits: [{on: db, set: {pids.max: 77}}]
        """

    init() throws { capture = try ProgramCapture("v2") }

    private func file(_ name: String, _ text: String) throws -> String {
        try capture.write(text, to: name)
        try capture.permit(0o644, name)
        return "\(capture.root)/\(name)"
    }

    private func cgwarden(_ arguments: String...) throws -> ProgramRun.Result {
        try ProgramRun.run(
            ProgramRun.cgwarden, ["policy"] + arguments,
            environment: ["CGWARDEN_STATE_DIRECTORY": "\(capture.root)/state"])
    }

    @Test func planListsTheChangesWithTheirFiles() throws {
        let path = try file("p.yaml", Self.text)
        let result = try cgwarden("plan", path, "--root", capture.root)
        #expect(result.status == 10, "\(result)")
        #expect(
            result.lines.prefix(4) == [
                "/app.slice/db.service", "  LIMIT     CHANGE    REQUESTED BY",
                "  pids.max  20 -> 77  limits[0] of db", "  writes, in this order:",
            ], "\(result.output)")
        let write = try #require(result.lines.dropFirst(4).first)
        #expect(write.hasPrefix("    pids.max  1  20 -> 77  \(capture.root)/"), "\(write)")
        #expect(write.hasSuffix("/app.slice/db.service/pids.max"), "\(write)")
        #expect(result.errors == "")
        let json = try cgwarden("plan", path, "--json", "--root", capture.root)
        #expect(json.status == 10)
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(json.bytes)) as? [String: Any])
        #expect(object["has_changes"] as? Bool == true)
        let changes = try #require(object["changes"] as? [[String: Any]])
        #expect(changes.map { $0["path"] as? String } == ["/app.slice/db.service"])
        let writes = try #require(changes[0]["writes"] as? [[String: Any]])
        #expect(writes.map { $0["file"] as? String } == ["pids.max"])
        #expect(writes.map { $0["new"] as? String } == ["77"])
        let values = try #require(changes[0]["values"] as? [[String: Any]])
        #expect(values.map { $0["now"] as? String } == ["20"])
        #expect(values.map { $0["wanted"] as? String } == ["77"])

        // It was only a plan; a value that is already set needs no change.
        let place = try #require(
            FileManager.default.subpaths(atPath: capture.root)?.first {
                $0.hasSuffix("app.slice/db.service/pids.max")
            })
        #expect(
            try String(contentsOfFile: "\(capture.root)/\(place)", encoding: .utf8) == "20\n")
        try capture.write("77\n", to: place)
        let none = try cgwarden("plan", path, "--root", capture.root)
        #expect(none.status == 0 && none.output == "nothing to change\n", "\(none)")
    }

    @Test func planReportsMarginsOfGuardsAndEmptyGroups() throws {
        let path = try file(
            "p.yaml",
            """
            apiVersion: cgwarden/v1
            groups: {db: {path: /app.slice/db.service}, none: {path: /none}}
            limits: [{on: db, set: {memory.max: 10GiB}}, {on: none, set: {pids.max: 5}}]
            guards: [{name: g, on: db, freeze_at: 90%, resume_at: 80%, max_frozen: 9s, \
            relief: [reclaim]}]
            """)
        let result = try cgwarden("plan", path, "--root", capture.root)
        #expect(
            result.output.contains(
                "guard g of /app.slice/db.service: limit 10.0 GiB, freezes at 9.0 GiB, thaws below "
                    + "8.0 GiB; the margin of 1.0 GiB is enough for growth up to 20.0 GiB/s; best "
                    + "effort, because v2 cannot disable the OOM killer"), "\(result)")
        let notes = result.errors.split(separator: "\n")
        #expect(notes.count == 2 && notes[0].hasSuffix("[above-host]"), "\(notes)")
        #expect(notes.last == "cgwarden: note: no cgroup of group none has processes now")
    }

    /// Row 14: a tree that is mounted read-only; all that would be written cannot be.
    @Test(
        .enabled(
            if: geteuid() == 0 && ProgramRun.isInstalled("unshare"), "it needs root and unshare"))
    func planReportsValuesThatCannotBeWritten() throws {
        let path = try file("p.yaml", Self.text)
        let tree = "\(capture.root)/cgroup"
        let words = [ProgramRun.cgwarden, "policy", "plan", path, "--root", capture.root]
        let result = try ProgramRun.run(
            "unshare",
            [
                "--mount", "sh", "-c",
                "mount --bind \(tree) \(tree) && mount -o remount,bind,ro \(tree) && "
                    + words.joined(separator: " "),
            ], environment: ["CGWARDEN_STATE_DIRECTORY": "\(capture.root)/state"])
        #expect(result.status == 10, "\(result)")
        #expect(result.output.contains("the cgroup file system is mounted read-only"), "\(result)")
    }

    @Test func explainWithAPolicyNeedsNoDaemon() throws {
        let path = try file("p.yaml", Self.text)
        let result = try cgwarden(
            "explain", "/app.slice/db.service", "--policy", path, "--root", capture.root)
        #expect(result.status == 0)
        #expect(
            result.lines == [
                "pids.max  is 20, requested 77 (only request)",
                "  * limits  limits[0] of db  77  in force",
                "    original  20",
            ], "\(result)")
        let alone = try cgwarden("explain", "/")
        #expect(alone.status == 69)
        #expect(alone.errorLines.count == 1 && alone.errors.hasSuffix("or use --policy\n"))
    }

    @Test func badInputIsReportedInOneLine() throws {
        let sound = try file("sound.yaml", Self.text)
        let wrong = try file("wrong.yaml", Self.text.replacing("77", with: "lots"))
        let missing = "\(capture.root)/none"
        let root = ["--root", capture.root]
        let cases: [(arguments: [String], status: Int32, part: String)] = [
            (["plan", wrong] + root, 2, "\(wrong):3:"),
            (["plan", missing] + root, 2, "\(missing):1:1: error: the file cannot be opened"),
            (["explain", "/none", "--policy", sound] + root, 66, "no cgroup /none"),
            (["explain", "/", "--policy", wrong] + root, 2, "\(wrong):3:"),
            (["backtest", sound, "--history", missing], 66, "cannot open \(missing)"),
            (["backtest", sound, "--history", sound], 65, "\(sound) is not a recording"),
        ]
        for (arguments, status, part) in cases {
            let result = try ProgramRun.run(
                ProgramRun.cgwarden, ["policy"] + arguments,
                environment: ["CGWARDEN_STATE_DIRECTORY": "\(capture.root)/state"])
            #expect(result.status == status, "\(arguments): \(result)")
            #expect(result.errorLines.count == 1 && result.errors.contains(part), "\(result)")
            #expect(result.output == "")
        }
        for arguments in [
            ["backtest", sound], ["backtest", "--history", sound],
            ["backtest", sound, "--history", sound, "--sweep", "x"],
            ["backtest", sound, "--history", sound, "--lines", "--audit", "x"],
            ["backtest", sound, "--history", sound, "--sweep", "x=1..2", "--lines"],
        ] {
            let result = try ProgramRun.run(ProgramRun.cgwarden, ["policy"] + arguments)
            #expect(result.status == 64, "\(arguments): \(result)")
            #expect(result.errors.hasPrefix("cgwarden: "))
            #expect(result.errorLines.count == 1)
        }
    }
}
