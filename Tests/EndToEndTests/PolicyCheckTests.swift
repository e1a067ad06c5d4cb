import Foundation
import TestSupport
import Testing

/// `cgwarden policy check`: one line a finding, exit status 2 with any error.
@Suite struct PolicyCheckTests {
    private let folder = FileManager.default.temporaryDirectory
        .appending(path: "cgwarden-test-policy-\(UUID().uuidString)")
    private static let start = "apiVersion: cgwarden/v1\ngroups: {g: {path: /g}}\n"
    private static let sound = start + "limits: [{on: g, set: {pids.max: 5}}]\n"

    init() throws {
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
    }

    private func write(_ name: String, _ text: String, mode: Int = 0o644) throws -> String {
        let path = folder.appending(path: name).path()
        try Data(text.utf8).write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        return path
    }

    private func check(_ arguments: String...) throws -> ProgramRun.Result {
        let capture = try ProgramCapture("v2")
        return try ProgramRun.run(
            ProgramRun.cgwarden, ["policy", "check"] + arguments + ["--root", capture.root])
    }

    @Test func shippedPoliciesHaveNoFindings() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let shipped = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "config/policy.d")
        for name in try FileManager.default.contentsOfDirectory(atPath: shipped.path()) {
            _ = try write(
                name, try String(contentsOf: shipped.appending(path: name), encoding: .utf8))
        }
        for mode in ["v1", "v2", "hybrid"] {
            let result = try check(folder.path(), "--mode", mode)
            #expect(result.status == 0 && result.errors == "", "\(result)")
            // They are for larger machines than the captured one.
            let others = result.output.split(separator: "\n").filter {
                !$0.hasSuffix("[above-host]")
            }
            #expect(others.isEmpty, "\(others)")
        }
    }

    /// The first one of the manual, and the expressions of its page about them.
    @Test func examplesOfTheManualHaveNoFindings() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let top = URL(filePath: #filePath).appending(path: "../../..").standardized
        let first = try String(
            contentsOf: top.appending(path: "config/first-policy.yaml"), encoding: .utf8)
        #expect(first.split(separator: "\n").count <= 15)
        var texts = [first]
        let page = try String(
            contentsOf: top.appending(path: "man/cgwarden-expressions.7"), encoding: .utf8)
        let display = try #require(page.firstMatch(of: /\.Bd -literal[^\n]*\n([\s\S]*?)\n\.Ed/)).1
        for expression in display.split(separator: "\n") {
            texts.append(
                """
                apiVersion: cgwarden/v1
                groups: {g: {path: /g}}
                rules:
                  - name: r
                    on: g
                    when: \(expression)
                    for: 10s
                    until: cgroup.age > 1h
                    do: [log]

                """)
        }
        #expect(texts.count > 3)
        for text in texts {
            let path = try write("example.yaml", text)
            for mode in ["v1", "v2", "hybrid"] {
                let result = try check(path, "--mode", mode)
                #expect(result.status == 0, "\(result.output)\n\(text)")
            }
        }
    }

    @Test func errorsAreLinesAndStatus2() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = try write("a.yaml", Self.start + "limits: [{on: k, set: {memmory.max: 1GiB}}]\n")
        let result = try check(path)
        #expect(result.status == 2)
        #expect(result.errors == "")
        #expect(
            result.lines == [
                "\(path):2:10: warning: group 'g' is not used [unused]",
                "\(path):3:15: error: unknown group 'k'; valid: g [reference]",
                "\(path):3:24: error: unknown attribute 'memmory.max'; did you mean 'memory.max'? "
                    + "[attribute]",
            ])
        let json = try check(path, "--json")
        #expect(json.status == 2)
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(json.bytes)) as? [String: Any])
        #expect(object["refused"] as? Bool == true)
        let findings = try #require(object["findings"] as? [[String: Any]])
        #expect(findings.map { $0["line"] as? Int } == [2, 3, 3])
        #expect(findings.map { $0["column"] as? Int } == [10, 15, 24])
        #expect(findings.map { $0["rule"] as? String } == ["unused", "reference", "attribute"])
        #expect(findings[0]["severity"] as? String == "warning")
        #expect(findings[2]["file"] as? String == path)
    }

    @Test func versionThatIsMissingOrMisspeltIsReportedOnce() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let none = try check(try write("a.yaml", "kind: Policy\n"))
        #expect(none.lines.count == 1)
        #expect(none.output.contains("needs 'apiVersion'; write `apiVersion: cgwarden/v1`"))
        let misspelt = try check(try write("b.yaml", "apiversion: cgwarden/v1\n"))
        #expect(misspelt.lines.count == 1 && misspelt.output.contains("did you mean 'apiVersion'?"))
    }

    @Test(
        .disabled(
            if: FileManager.default.fileExists(atPath: "/etc/cgwarden/policy.d"),
            "this host has policies"))
    func usualDirectoryThatDoesNotExistIsNamed() throws {
        let result = try check()
        #expect(result.status == 66)
        #expect(
            result.errors
                == "cgwarden: no policies: /etc/cgwarden/policy.d does not exist; name a file\n")
    }

    @Test func onlyWarningsAreStatus0() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let result = try check(try write("a.yaml", Self.start))
        #expect(result.status == 0)
        #expect(result.lines.count == 1)
    }

    @Test func aDirectoryIsReadInByteOrderAndOnlyItsYAML() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let first = try write("10-a.yaml", Self.sound)
        let second = try write("9-b.yaml", Self.start)
        _ = try write("c.yaml.orig", "x")
        _ = try write(".d.yaml", "x")
        let result = try check(folder.path())
        #expect(
            result.lines == [
                "\(second):2:10: error: 'g' is already defined at \(first):2:10; rename it, or write "
                    + "replace: true [duplicate]"
            ])
    }

    @Test func filesThatOthersCouldWriteAreRefused() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let open = try write("open.yaml", Self.sound, mode: 0o666)
        let pipe = folder.appending(path: "pipe.yaml").path()
        let made = unsafe mkfifo(pipe, 0o600)
        #expect(made == 0)
        let result = try check(open, pipe, pipe + "x")
        #expect(result.status == 2)
        #expect(
            result.lines == [
                "\(open):1:1: error: the file can be written by others; run chmod go-w on it [file]",
                "\(pipe):1:1: error: the file is not a regular file [file]",
                "\(pipe)x:1:1: error: the file cannot be opened: No such file or directory [file]",
            ])
    }

    @Test func modeOptionChecksForAnotherHost() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = try write(
            "a.yaml", Self.start + "limits: [{on: g, set: {net_cls.classid: 1}}]\n")
        #expect(try check(path, "--mode", "v1").status == 0)
        #expect(try check(path).status == 2)
        #expect(try check(path, "--mode", "v3").status == 64)
    }

    /// A pipe whose reader is gone, or a full disk, does not make a refused policy a good one.
    @Test(arguments: ["| true", ">/dev/full"])
    func refusalIsTheStatusEvenIfTheReportCannotBeWritten(output: String) throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let capture = try ProgramCapture("v2")
        let file = try write("a.yaml", "apiVersion: cgwarden/v1\nruels: []\n")
        let result = try ProgramRun.run(
            "sh",
            [
                "-c",
                """
                { sleep 0.3; "$@"; echo "status $?" >&2; } \(output)
                """, "sh", ProgramRun.cgwarden, "policy", "check", file, "--root", capture.root,
            ])
        #expect(result.errorLines.last == "status 2", "\(result.errors)")
        #expect(result.errorLines.count == (output == "| true" ? 1 : 2), "\(result.errors)")
    }
}
