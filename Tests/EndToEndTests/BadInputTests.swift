import Foundation
import TestSupport
import Testing

/// Errors: one clear line with a remedy, and the exit status of sysexits(3).
@Suite struct BadInputTests {
    private static let everyCommand = [
        ["top", "-b", "-n", "1"], ["show", "/"], ["tree"], ["stat", "-n", "1"], ["exporter"],
    ]
    /// Someone without any privilege.
    private static let nobody = [
        "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all",
    ]
    private static let canBeNobody = getuid() == 0 && ProgramRun.isInstalled("setpriv")

    private func expect(
        _ arguments: [String], _ status: Int32, _ parts: String...,
        on capture: ProgramCapture? = nil,
        asNobody: Bool = false
    ) throws {
        let root = capture.map { ["--root", $0.root] } ?? []
        let command = [ProgramRun.cgwarden] + arguments + root
        let words = asNobody ? ["setpriv"] + Self.nobody + command : command
        let result = try ProgramRun.run(words[0], Array(words.dropFirst()))
        #expect(result.status == status, "\(arguments): \(result.errors)")
        #expect(result.errorLines.count == 1, "\(arguments): \(result.errors)")
        #expect(result.errors.hasPrefix("cgwarden: "), "\(result.errors)")
        for part in parts { #expect(result.errors.contains(part), "\(result.errors)") }
        #expect(result.bytes.isEmpty)
    }

    @Test func unknownCgroupGetsASuggestion() throws {
        let capture = try ProgramCapture("v2")
        for command in ["show", "tree"] {
            try expect(
                [command, "db.servic"], 66, "no cgroup /db.servic", "/app.slice/db.service",
                on: capture)
            try expect(
                [command, "/no/such"], 66, "no cgroup /no/such", "cgwarden tree", on: capture)
        }
        try expect(["top", "-b", "/nope"], 66, "no cgroup /nope", on: capture)
        try expect(["stat", "/nope"], 66, "no cgroup /nope", on: capture)
        try expect(["stat", "--cgroup", "/nope/*"], 66, "/nope/*", "cgwarden tree", on: capture)
        try expect(["show", "--pid", "4194305"], 66, "4194305")
    }

    @Test(arguments: everyCommand) func missingCgroupMountsAreReported(_ command: [String]) throws {
        let bare = try ProgramCapture(mountinfo: "22 1 0:20 / /proc rw - proc proc rw\n")
        try expect(command, 69, "no cgroup file system is mounted", "mount -t cgroup2", on: bare)
    }

    @Test(.enabled(if: canBeNobody, "it needs root and setpriv"), arguments: everyCommand)
    func unreadableHierarchyIsReported(_ command: [String]) throws {
        let capture = try ProgramCapture("v2")
        try capture.permit(0o700, "cgroup")
        try expect(command, 77, "Permission denied", "root", on: capture, asNobody: true)
    }

    @Test(.enabled(if: canBeNobody, "it needs root and setpriv"))
    func unreadableHierarchyAmongOthersIsSkipped() throws {
        let capture = try ProgramCapture("v1")
        try capture.permit(0o700, "cgroup/memory")
        for command in [["tree"], ["stat", "-n", "1"], ["top", "-1"], ["show", "web.service"]] {
            let result = try ProgramRun.run(
                "setpriv", Self.nobody + [ProgramRun.cgwarden] + command + ["--root", capture.root])
            #expect(result.status == 0, "\(command): \(result.errors)")
            #expect(result.errorLines.count == 1, "\(command): \(result.errors)")
            #expect(result.errors.contains("/cgroup/memory: Permission denied"))
            #expect(result.output.contains("web.service"))
        }
    }

    /// A file that only root may read is "not permitted", not 0 and not absent; the rest is there.
    @Test(.enabled(if: canBeNobody, "it needs root and setpriv"))
    func unreadableFileIsNotPermitted() throws {
        let capture = try ProgramCapture("v2")
        for file in ["memory.current", "pids.max"] {
            try capture.permit(0o600, "cgroup/app.slice/web.service/\(file)")
        }
        let result = try ProgramRun.run(
            "setpriv",
            Self.nobody + [
                ProgramRun.cgwarden, "show", "--json", "web.service", "--root", capture.root,
            ])
        let object = try #require(try JSONText.objects(result).first)
        #expect(object["memory.current"] == nil)
        #expect(object["memory.anon"] is NSNumber)
        #expect(
            object["unavailable"] as? [String: String] == [
                "memory.current": "not permitted", "pids.max": "not permitted",
            ])
        // The limits of ancestors are insufficient while the cgroup's own limit is unknown.
        let effective = try #require(object["effective"] as? JSONText.Object)
        #expect(Set(effective.keys) == ["memory.max", "memory.high", "memory.swap.max", "cpu.max"])
    }

    /// A garbled line takes its own readings with it and nothing else.
    @Test(arguments: [
        "anon 12x\n", "anon\n", "anon \0\u{1}\u{2}\n", "anon 99999999999999999999999\n",
    ])
    func malformedFileIsReported(_ garbage: String) throws {
        let capture = try ProgramCapture("v2")
        let whole = try JSONText.objects(
            try ProgramRun.cgwarden("show", "--json", "web.service", "--root", capture.root))
        try capture.write(garbage, to: "cgroup/app.slice/web.service/memory.stat")
        let result = try ProgramRun.cgwarden(
            "show", "--json", "web.service", "--root", capture.root)
        #expect(result.errors.isEmpty)
        let object = try #require(try JSONText.objects(result).first)
        let reasons = try #require(object["unavailable"] as? [String: String])
        #expect(reasons["memory.anon"] == "malformed")
        #expect(Set(reasons.values) == ["malformed"])
        #expect(object["memory.anon"] == nil)
        let kept = Set(object.keys).subtracting(["unavailable"])
        let lost = Set(try #require(whole.first).keys).subtracting(kept)
        // The rest of the file is not there, so it is absent and not malformed.
        #expect(lost.contains("memory.anon"))
        #expect(
            kept.contains("memory.current") && kept.contains("io") == (whole.first?["io"] != nil))
        let others = try ProgramRun.cgwarden(
            "stat", "-n", "1", "--fields", "memory.anon", "--root", capture.root)
        #expect(others.lines.count { $0.hasSuffix("malformed") } == 1)
    }

    @Test func hierarchyWithoutControllersIsShown() throws {
        let capture = try ProgramCapture("v2")
        try capture.write("", to: "cgroup/cgroup.controllers")
        let result = try ProgramRun.cgwarden("top", "-1", "--root", capture.root)
        #expect(result.status == 0)
        #expect(result.errors.isEmpty)
        #expect(result.lines.count == 10)
        try expect(["tree", "--controller", "memory"], 69, "memory", "unified", on: capture)
    }

    @Test(arguments: [
        ["stat"], ["stat", "--json"], ["stat", "--csv"], ["top", "-b"], ["tree"], ["show", "/"],
        ["stat", "--list-fields"], ["top", "--help"],
    ])
    func closedPipeIsNotAnError(_ command: [String]) throws {
        let capture = try ProgramCapture("v2")
        let result = try ProgramRun.run(
            "bash",
            ["-c", "\"$@\" | head -n 1 >/dev/null; exit ${PIPESTATUS[0]}", "bash"]
                + [ProgramRun.cgwarden] + command + ["--root", capture.root])
        #expect(result.status == 0)
        #expect(result.errors.isEmpty, "\(result.errors)")
    }

    @Test func fullDiskIsAnError() throws {
        let result = try ProgramRun.run(
            "sh", ["-c", "\"$@\" >/dev/full", "sh", ProgramRun.cgwarden, "tree"])
        #expect(result.status == 74)
        #expect(result.errorLines.count == 1)
        #expect(result.errors.contains("No space left on device"))
    }

    @Test(arguments: [
        ["top", "-n", "-2"], ["top", "-d", "soon"], ["top", "--order", "luck"],
        ["top", "--depth=-1"],
        ["top", "--json", "--csv"], ["show"], ["show", "/", "--pid", "1"],
        ["explain"], ["explain", "/", "--pid", "1"], ["explain", "-d", "2h", "/"],
        ["tree", "--depth", "x"],
        ["stat", "--json", "--csv"], ["stat", "-n", "-1"], ["stat", "-i", "0"],
        ["stat", "--fields", "memory.usge"], ["stat", "--fields", ","],
        ["events", "--kind", "oomkill"], ["events", "--kind", ","], ["events", "-n", "0"],
        ["events", "--since", "soon"], ["events", "--cgroup", "/[a"],
        ["exporter", "--web.listen-address", "nowhere"], ["exporter", "--log-level", "loud"],
        ["exporter", "--web.listen-address", "127.0.0.1:65536"],
    ])
    func wrongArgumentIsAUsageError(_ arguments: [String]) throws {
        let result = try ProgramRun.run(ProgramRun.cgwarden, arguments)
        #expect(result.status == 64, "\(result.errors)")
        #expect(result.bytes.isEmpty)
        #expect(result.errors.hasPrefix("cgwarden: "))
        #expect(result.errorLines.count == 1, "\(result.errors)")
    }

    @Test func unknownFieldGetsASuggestion() throws {
        for (wrong, right) in [("memory.usge", "memory.current"), ("cpu.usag", "cpu.usage_usec")] {
            let result = try ProgramRun.cgwarden("stat", "--fields", wrong)
            #expect(result.errors.contains("did you mean '\(right)'"), "\(result.errors)")
        }
    }
}
