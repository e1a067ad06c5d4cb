import Foundation
import TestSupport
import Testing

/// The commands that act, the daemon and the exporter, on real cgroups with hostile names.
@Suite(.enabled(if: ProgramCgroup.canBeMade, "it needs root and writable cgroup mounts"))
struct KernelOutsideTextTests {
    private static let suffix = Array("-esc\u{1b}[31m\u{202e}\u{9b}".utf8)
    private static let shown = #"-esc\x1b[31m\u{202e}\u{9b}"#

    private let cgroup: ProgramCgroup
    private let places: DaemonPlaces
    /// The path as it is printed.
    private let path: String

    init() throws {
        cgroup = try ProgramCgroup(bytes: Self.suffix)
        places = try DaemonPlaces("")
        path = cgroup.path.prefix { $0 != "\u{1b}" }.dropLast("-esc".count) + Self.shown
    }

    /// Runs a command, whose outputs have to be safe.
    @discardableResult
    private func command(_ words: String..., status: Int32 = 0) throws -> ProgramRun.Result {
        let result = try places.command(words)
        #expect(result.status == status, "\(words): \(result)")
        OutsideText.expectSafe(result, "\(words)")
        return result
    }

    @Test func everyActionAcceptsAndPrintsEscapedPaths() throws {
        #expect(try command("create", "\(path)/new\u{1b}").output.contains("\(path)/new\\x1b"))
        #expect(try command("create", #"\#(path)/lit\x1b"#).output.contains(#"/lit\x5cx1b"#))
        #expect(try command("set", path, "pids.max=123").output.contains(path))
        try command("set", path, "pids.max=124", "--json")
        try command("set", path, "pids.max=125", "--dry-run")
        #expect(try command("get", path, "pids.max").output.contains("124"))
        try command("get", path, "--json")
        let member = try ProgramRun("sh", ["-c", "echo ready; exec sleep 300"], input: nil)
        defer { member.send(SIGKILL) }
        #expect(try command("move", "\(member.pid)", path).output.contains(path))
        #expect(try command("move", "\(member.pid)", "/").output.contains(path))
        try command("move", "\(member.pid)", path)
        #expect(try command("tree", path).output.hasPrefix(path))
        #expect(try command("freeze", path, "--timeout", "30s").output.contains(path))
        #expect(try command("thaw", path).output.contains(path))
        // No daemon runs that could hold it.
        try command("hold", path, "1h", status: 69)
        #expect(try command("journal").output.contains(path))
        try command("journal", "--json")
        #expect(try command("kill", path, "--grace", "0s").output.contains(path))
        _ = try member.result()
        // Cgroups that it created are removed at the end.
        #expect(try command("restore", "--dry-run", path).output.contains(path))
        #expect(try command("restore", path).output.contains(path))
        #expect(cgroup.text("pids.max") != "124")
        try command("create", "\(path)/a")
        #expect(try command("remove", "-r", "\(path)/a").output.contains("\(path)/a"))
        let run = try command("run", "--parent", path, "--", "true")
        #expect(run.errors.contains("exited 0"), "\(run)")
        try command("run", "--parent", path, "--summary", "json", "--", "true")
        try command("run", "--parent", path, "--", "no\u{1b}such", status: 127)
    }

    @Test func daemonNoticesAndSeriesAreEscaped() throws {
        // The cgroup of this test alone: another one runs beside it.
        let start = cgroup.path.prefix { $0 != "\u{1b}" }
        try places.set(
            #"""
            defaults: {interval: 200ms}
            groups: {g: {path: "\#(start)*", populated: false}}
            limits: [{on: g, set: {pids.max: 321}}]
            rules:
              - name: loud
                on: g
                when: pids.current < 1000
                until: pids.current > 2000
                max_active: 1m
                do: [{notify: {sinks: [journald]}}, {freeze: {timeout: 1s, on_timeout: thaw}}, {hook: bad}]
            hooks: {bad: {exec: [/bin/sh, -c, "printf '\\033[31m\\n\\377'; exit 3"]}}

            """#)
        let daemon = try RunningDaemon(places)
        try awaiting("pids.max is set; it said \(daemon.run.errors)") {
            cgroup.text("pids.max") == "321"
        }
        try awaiting("the rule fired") {
            places.records.contains { $0["action"] as? String == "freeze" }
        }
        try command("status")
        #expect(try command("policy", "explain", path).output.contains("321"))
        try command("journal")
        let metrics = try daemon.server.get()
        #expect(OutsideText.unsafe(metrics.body).isEmpty)
        let label = path.replacingOccurrences(of: "\\", with: "\\\\")
        #expect(metrics.text.contains("cgroup=\"\(label)\""))
        for page in ["/metrics/cadvisor", "/api/v1/snapshot", "/"] {
            #expect(OutsideText.unsafe(try daemon.server.get(page).body).isEmpty, "\(page)")
        }
        let one = try daemon.server.get("/api/v1/cgroup?path=\(Self.encoded(path))")
        #expect(one.status == 200 && OutsideText.unsafe(one.body).isEmpty)
        let none = try daemon.server.get("/api/v1/cgroup?path=/no%1b%0a%e2%80%ae")
        #expect(none.status == 404 && OutsideText.unsafe(none.body).isEmpty)
        let audit = try Data(contentsOf: URL(filePath: places.audit))
        #expect(OutsideText.unsafe(Array(audit)).isEmpty)
        #expect(!audit.isEmpty)
        let ended = try daemon.end()
        #expect(ended.status == 0)
        OutsideText.expectSafe(ended, "the daemon")
    }

    private static func encoded(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    }

    @Test func bashCompletionExpandsNothing() throws {
        let traps = [
            "-$(touch t)", "-`touch t`", "-a b;touch t", "-'\"\\x", "-\u{d4e}$(touch t)",
            "-'\u{345}$(touch t)", "-by\\x2duuid.swap", "-e\u{1b}[31m$(touch t)",
        ]
        // Apart from the cgroups of other tests, which may vanish between the offer and `show`.
        let parent = try ProgramCgroup("-traps")
        let made = try traps.map { try ProgramCgroup(bytes: Array($0.utf8), below: parent) }
        defer { made.forEach { $0.remove() } }
        let script = try ProgramRun.cgwarden("--generate-completion-script", "bash")
        try places.write(script.output, to: "\(places.folder)/completion.bash")
        try FileManager.default.createDirectory(
            atPath: "\(places.folder)/work", withIntermediateDirectories: true)
        // An offer is evaluated as the command line would be.
        let function = #"""
            cd "$1/work" && source ../completion.bash
            COMP_WORDS=(cgwarden show "$2") COMP_CWORD=2 COMP_LINE="cgwarden show $2"
            COMP_POINT=${#COMP_LINE} COMP_TYPE=9 COMP_KEY=9
            name=$(complete -p cgwarden | sed 's/.*-F \([^ ]*\).*/\1/')
            "$name" cgwarden "$2" show
            for offer in "${COMPREPLY[@]}"; do
              eval "words=($offer)"
              cgwarden show "${words[@]}" | head -n 1
            done
            ls
            """#
        let folder = (ProgramRun.cgwarden as NSString).deletingLastPathComponent
        let system = ProgramRun.environment["PATH"] ?? "/usr/bin:/bin"
        let result = try ProgramRun.run(
            "bash",
            ["-c", function, "bash", places.folder, "\(parent.path)/"],
            environment: ["PATH": "\(folder):\(system)"])
        #expect(result.status == 0 && result.errors.isEmpty, "\(result)")
        #expect(!result.lines.contains("t"), "\(result.output)")
        let first = #"\x1b[31m"#
        for cgroup in made {
            let shown = cgroup.path.replacingOccurrences(of: "\u{1b}[31m", with: first)
            #expect(result.lines.contains(shown), "\(shown) is not in \(result.output)")
        }
        OutsideText.expectSafe(result, "completion")
    }
}
