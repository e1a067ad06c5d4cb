import Foundation
import TestSupport
import Testing

/// Hostile names and commands never reach a terminal unescaped, on captured hosts.
@Suite struct OutsideTextTests {
    private static let container = String(repeating: "3f4e1b0c9d8a7e6f", count: 4)

    /// A machine on which every name is hostile, and so are a process and a container.
    private func hostile(_ mode: String) throws -> ProgramCapture {
        let capture = try ProgramCapture(mode)
        for name in OutsideText.names { try capture.copy("/app.slice/web.service", as: name) }
        let scope = Array("docker-\(Self.container).scope".utf8)
        try capture.copy("/app.slice/web.service", as: scope)
        try capture.write(
            """
            {"ID":"\(Self.container)","Name":"/we\\u001b[31mb\\u202e\\nx","Config":{"Image":\
            "i\\u001b]0;m\\u0007","Labels":{"a\\u001b":"b\\u009b"}},\
            "State":{"Running":true,"Pid":126}}
            """, to: "var/lib/docker/containers/\(Self.container)/config.v2.json")
        for pid in [126, 127] {
            let comm = "e\u{1b}[2J\nv\u{202e})"
            try capture.write("\(comm)\n", to: "proc/\(pid)/comm")
            try capture.write(
                "\(pid) (\(comm)) S 1 1 1 0 -1 4194560 1 0 0 0 1 1 0 0 20 0 1 0 100 1000 10 1"
                    + String(repeating: " 0", count: 28) + "\n", to: "proc/\(pid)/stat")
        }
        try capture.write("sh\0-c\0\u{1b}]2;x\u{7}\n\u{2066}\0", to: "proc/126/cmdline")
        return capture
    }

    private static let reading: [[String]] = [
        ["top", "-b", "-n", "1"], ["top", "-1", "--csv"], ["top", "-1", "--json"], ["tree"],
        ["tree", "--json"], ["stat", "-n", "1"], ["stat", "-n", "1", "--csv"],
        ["stat", "-n", "1", "--json"], ["show", "/app.slice"], ["doctor"], ["doctor", "--json"],
    ]

    @Test(arguments: ProgramCapture.modes) func outputsEscapeNames(mode: String) throws {
        let capture = try hostile(mode)
        for command in Self.reading {
            let result = try ProgramRun.run(
                ProgramRun.cgwarden, command + ["--root", capture.root])
            #expect(result.status == 0, "\(command): \(result.errors)")
            OutsideText.expectSafe(
                result, "\(command)", allowing: command.contains("--csv") ? ["\r"] : [])
            if command[0] != "doctor", command != ["show", "/app.slice"] {
                let spelled =
                    command.contains("--json") ? #"esc\u001b[31mred"# : #"esc\x1b[31mred"#
                #expect(result.output.contains(spelled), "\(command)")
            }
        }
    }

    @Test func jsonPreservesNames() throws {
        let capture = try hostile("v2")
        let result = try ProgramRun.cgwarden(
            "stat", "--json", "-n", "1", "--fields", "pids.current", "--root", capture.root)
        let paths = Set(try JSONText.objects(result).compactMap { $0["path"] as? String })
        for name in OutsideText.names {
            let text = String(validating: name, as: UTF8.self) ?? #"bad\xff\xfe"#
            #expect(paths.contains("/app.slice/\(text)"), "\(text.debugDescription)")
        }
    }

    /// Every path that `stat` prints is the argument for that very cgroup, and so is its name.
    @Test(arguments: ProgramCapture.modes)
    func everyPrintedPathIsAccepted(mode: String) throws {
        let capture = try hostile(mode)
        let all = try ProgramRun.cgwarden(
            "stat", "--csv", "-n", "1", "--fields", "pids.current", "--root", capture.root)
        // Blanks, quotes and commas only make the parsing of CSV longer.
        let paths = all.output.components(separatedBy: "\r\n").dropFirst().compactMap { line in
            line.contains("\"")
                ? nil : line.split(separator: ",").dropFirst().first.map(String.init)
        }
        #expect(paths.count > OutsideText.names.count)
        for path in paths {
            let name = path == "/" ? "/" : path.split(separator: "/").last.map(String.init) ?? ""
            for word in [path, name] {
                let shown = try ProgramRun.cgwarden("show", word, "--root", capture.root)
                #expect(shown.lines.first == path, "\(word): \(shown.errors)")
                OutsideText.expectSafe(shown, word)
            }
            let tree = try ProgramRun.cgwarden("tree", path, "--root", capture.root)
            #expect(tree.lines.first?.hasPrefix(path) == true, "\(path): \(tree.errors)")
            OutsideText.expectSafe(tree, path)
        }
    }

    @Test func literalNameWinsOverAnEscapedOne() throws {
        let capture = try hostile("v2")
        try capture.copy("/app.slice/web.service", as: Array("esc\\x1b[31mred".utf8))
        func shown(_ path: String) throws -> String? {
            try ProgramRun.cgwarden("show", path, "--root", capture.root).lines.first
        }
        #expect(try shown(#"/app.slice/esc\x1b[31mred"#) == #"/app.slice/esc\x5cx1b[31mred"#)
        #expect(try shown("/app.slice/esc\u{1b}[31mred") == #"/app.slice/esc\x1b[31mred"#)
        #expect(try shown(#"/app.slice/esc\x5cx1b[31mred"#) == #"/app.slice/esc\x5cx1b[31mred"#)
        #expect(try shown(#"/app.slice/by\x2duuid.swap"#) == #"/app.slice/by\x2duuid.swap"#)
    }

    private static let wrong: [[String]] = [
        ["show", "/no\u{1b}[2J\u{202e}\npe"], ["show", "no\u{1b}"],
        ["tree", "--controller", "a\u{1b}"],
        ["stat", "-n", "1", "--cgroup", "/\u{1b}]0;x\u{7}"],
        ["stat", "--fields", "a\u{9b}\u{2028}"],
        ["top", "--\u{1b}[31m"], ["\u{1b}[31m"], ["top", "-d", "\u{1b}"],
        ["kill", "/", "--signal", "\u{1b}"],
        ["top", "--replay", "/no/\u{1b}[31m"], ["policy", "check", "/no/\u{1b}[31m\u{202e}.yaml"],
        ["policy", "plan", "/no/\u{1b}[31m"], ["daemon", "--config", "/no/\u{1b}[31m"],
        ["exporter", "--web.config.file", "/no/\u{1b}[31m"], ["get", "/", "a\u{1b}"],
        ["exporter", "--web.listen-address", "\u{1b}:1"], ["set", "/", "pids.max=\u{1b}[31m"],
        ["set", "/", "a\u{1b}=1"], ["move", "1\u{1b}", "/x"], ["--version\u{1b}"],
        ["policy", "explain", "/a\u{1b}", "--policy", "/no\u{1b}"], ["help", "\u{1b}"],
    ]

    @Test func messagesEscapeQuotedText() throws {
        let capture = try hostile("v2")
        for command in Self.wrong {
            let root =
                ["show", "tree", "stat", "get", "set", "kill"].contains(command[0])
                ? ["--root", capture.root] : []
            let result = try ProgramRun.run(
                ProgramRun.cgwarden, command + root,
                environment: ["CGWARDEN_STATE_DIRECTORY": "\(capture.root)/state"])
            if command[0] != "help" { #expect(result.status != 0, "\(result.output)") }
            OutsideText.expectSafe(result, "\(command)")
        }
    }

    @Test func configurationErrorsEscapeQuotedText() throws {
        let capture = try ProgramCapture("v2")
        for (place, text) in [
            "\"k\\e[31m\\u202E\": 1\n", "groups: {\"a\\e\": {path: /x}}\n",
            "groups: {a: {path: \"[\\e\\n\"}}\n", "groups: \"\\u2028\\x9b\"\n",
            "rules: [{name: \"a\\e\", on: \"\\u202Eb\", when: \"\\e > 1\", do: []}]\n",
            "limits: [{on: a, set: {\"pids.max\\e\": \"\\e\"}}]\n", "a: \u{1b}\n",
            "a: &\u{202e} b\n",
        ].enumerated() {
            let file = "bad\u{1b}\(place).yaml"
            try capture.write(text, to: file)
            try capture.permit(0o644, file)
            for command in [
                ["policy", "check"], ["policy", "check", "--json"], ["policy", "plan"],
                ["daemon", "--web.listen-address", "-", "--config"],
                ["exporter", "--web.config.file"],
            ] {
                let result = try ProgramRun.run(
                    ProgramRun.cgwarden, command + ["\(capture.root)/\(file)"],
                    environment: ["CGWARDEN_STATE_DIRECTORY": "\(capture.root)/state"])
                #expect(result.status != 0, "\(command) \(text)")
                OutsideText.expectSafe(result, "\(command) \(text)")
            }
        }
    }

    @Test func policiesEscapeHostileNames() throws {
        let capture = try hostile("v2")
        let file = "\(capture.root)/p.yaml"
        try capture.write(
            """
            apiVersion: cgwarden/v1
            groups: {all: {path: "/app.slice/*"}, one: {container: {name: "we*"}}}
            limits: [{on: all, set: {pids.max: 77}}]
            rules:
              - {name: r, on: all, when: pids.current > 9, until: pids.current < 1,
                 max_active: 1m, do: [{freeze: {timeout: 1s, on_timeout: thaw}}]}

            """, to: "p.yaml")
        try capture.permit(0o644, "p.yaml")
        for command in [
            ["plan", file], ["plan", "--json", file],
            ["explain", #"/app.slice/esc\x1b[31mred"#, "--policy", file],
        ] {
            let result = try ProgramRun.run(
                ProgramRun.cgwarden, ["policy"] + command + ["--root", capture.root])
            #expect([0, 10].contains(result.status), "\(result)")
            OutsideText.expectSafe(result, "\(command)")
            #expect(result.output.contains("pids.max"), "\(result)")
        }
    }
}
