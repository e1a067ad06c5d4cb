import Foundation
import TestSupport
import Testing

/// Completions of the three shells, over a captured machine.
@Suite struct CompletionTests {
    private func script(_ shell: String) throws -> String {
        let result = try ProgramRun.cgwarden("--generate-completion-script", shell)
        #expect(result.status == 0)
        let folder = FileManager.default.temporaryDirectory
        let file = folder.appending(path: "cgwarden-test-\(UUID().uuidString).\(shell)")
        try Data(result.bytes).write(to: file)
        return file.path()
    }

    static let shells = ["bash", "zsh", "fish"].filter(ProgramRun.isInstalled)

    @Test(arguments: shells) func completionScriptIsValid(shell: String) throws {
        let file = try script(shell)
        defer { try? FileManager.default.removeItem(atPath: file) }
        let result = try ProgramRun.run(shell, ["-n", file])
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.errors.isEmpty)
    }

    /// What bash offers behind words, the last of which is not typed to its end; some may follow.
    private func offers(_ words: String..., before rest: [String] = []) throws -> [String] {
        let file = try script("bash")
        defer { try? FileManager.default.removeItem(atPath: file) }
        let function = #"""
            source "$1"; count=$2; shift 2
            COMP_WORDS=("$@") COMP_CWORD=$((count - 1)) COMP_LINE="$*"
            before="${*:1:count}" COMP_POINT=${#before}
            name=$(complete -p cgwarden | sed 's/.*-F \([^ ]*\).*/\1/')
            COMP_TYPE=9 COMP_KEY=9
            "$name" cgwarden "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
            printf '%s\n' "${COMPREPLY[@]}"
            """#
        let folder = (ProgramRun.cgwarden as NSString).deletingLastPathComponent
        let path = ProgramRun.environment["PATH"] ?? "/usr/bin:/bin"
        let result = try ProgramRun.run(
            "bash", ["-c", function, "bash", file, "\(words.count)"] + words + rest,
            environment: ["PATH": "\(folder):\(path)"])
        #expect(result.status == 0, "\(result.errors)")
        return result.lines.map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    }

    /// Starts a shell as people use it, with the completions.
    private func terminal(_ shell: String, in folder: ScratchFolder) throws -> TerminalSession {
        let script = try ProgramRun.cgwarden("--generate-completion-script", shell)
        try folder.write("completions", script.output)
        let source = "source '\(folder.path("completions"))'"
        try folder.write("bashrc", "PS1='> '\n\(source)\n")
        try folder.write(
            ".zshrc", "PROMPT='> '\nautoload -U compinit && compinit -u -D\n\(source)\n")
        try folder.write("config.fish", "function fish_prompt; printf '> '; end\n\(source)\n")
        // A program with a unique prefix, for `run --`.
        try folder.write("zz-cgwarden-test", "#!/bin/sh\n", mode: 0o755)
        let start =
            switch shell {
            case "bash": "bash --noprofile --rcfile '\(folder.path("bashrc"))'"
            case "zsh": "zsh -d"
            default: "fish --no-config -C 'source \"\(folder.path("config.fish"))\"'"
            }
        let programs = (ProgramRun.cgwarden as NSString).deletingLastPathComponent
        // tmux passes its own PATH on, and bash prompts on standard error.
        try folder.write(
            "start",
            "PATH='\(programs):\(folder.path(""))':$PATH\nexport PATH\nexec \(start) 2>/dev/tty\n")
        return try TerminalSession(
            "sh '\(folder.path("start"))'", columns: 120,
            environment: [
                "HOME": folder.path(""), "ZDOTDIR": folder.path(""), "LC_ALL": "C.UTF-8",
            ])
    }

    /// The typed text, and the line after TAB.
    private static let lines = [
        ("set /x memory.mems", "set /x memory.memsw.max="),
        ("run --set memory.mems", "run --set memory.memsw.max="),
        ("top --order sw", "top --order swap"),
        ("daemon --log-level w", "daemon --log-level warn"),
        ("exporter --metrics.profile b", "exporter --metrics.profile basic"),
        ("exporter --web.inline-labels pod,q", "exporter --web.inline-labels pod,qos"),
        ("kill --signal H", "kill --signal HUP"),
        ("run --unshare pid,n", "run --unshare pid,net"),
        ("restore --owner d", "restore --owner daemon"),
        ("policy check --mode hy", "policy check --mode hybrid"),
        ("stat --fields pids.peak,cpu.nr_thr", "stat --fields pids.peak,cpu.nr_throttled"),
        ("events --kind born,oom-k", "events --kind born,oom-kill"),
        ("help expo", "help exporter"),
        ("run -- zz-cg", "run -- zz-cgwarden-test"),
        ("run --memory 1GB -- ls /proc/self/uid_m", "run --memory 1GB -- ls /proc/self/uid_map"),
    ]

    @Test(
        .enabled(if: TerminalSession.isAvailable, "the package tmux is not installed"),
        arguments: shells)
    func tabCompletesTheLine(shell: String) throws {
        let folder = try ScratchFolder()
        let terminal = try terminal(shell, in: folder)
        try terminal.await(">")
        for (typed, completed) in Self.lines {
            try terminal.type("cgwarden \(typed)")
            try terminal.await("> cgwarden \(typed)")
            try terminal.press("Tab")
            // Something typed behind it shows that nothing else was offered, and where words end.
            try terminal.await("> cgwarden \(completed)")
            try terminal.press("C-u")
            try terminal.await("an empty line") { $0.first?.filter { $0 != " " } == ">" }
        }
    }

    @Test func bashKnowsCommandsAndOptions() throws {
        #expect(try Set(offers("cgwarden", "fr")) == ["freeze"])
        #expect(try offers("cgwarden", "policy", "").contains("backtest"))
        #expect(try offers("cgwarden", "top", "--rep") == ["--replay"])
        #expect(
            try offers("cgwarden", "get", "/x", "memory.ma")
                == ["memory.max", "memory.max.effective"])
        #expect(try offers("cgwarden", "tree", "--controller", "mem") == ["memory"])
    }

    @Test(arguments: ProgramCapture.modes) func cgroupsOfTheHostAreCompleted(mode: String) throws {
        let capture = try ProgramCapture(mode)
        func offers(_ typed: String) throws -> [String] {
            // The option is hidden, so nothing may stand in front that would count as a word.
            try self.offers("cgwarden", "show", typed, before: ["--root", capture.root])
        }
        #expect(try offers("/app.slice/w") == ["/app.slice/web.service"])
        #expect(try offers("db.s") == ["db.service"])
        #expect(try offers("/app.sl") == ["/app.slice", "/app.slice/"], "there is more below")
        #expect(try offers("/nowhere/").isEmpty)
        #expect(try offers("").contains("/app.slice"))
    }
}
