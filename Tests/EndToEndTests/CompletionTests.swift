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

    @Test(arguments: shells) func aScriptIsInOrder(shell: String) throws {
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

    @Test func bashKnowsCommandsAndOptions() throws {
        #expect(try Set(offers("cgwarden", "fr")) == ["freeze"])
        #expect(try offers("cgwarden", "policy", "").contains("backtest"))
        #expect(try offers("cgwarden", "top", "--rep") == ["--replay"])
        #expect(try offers("cgwarden", "get", "/x", "memory.ma") == ["memory.max"])
        #expect(try offers("cgwarden", "tree", "--controller", "mem") == ["memory"])
    }

    @Test(arguments: ProgramCapture.modes) func cgroupsAreThoseOfTheMachine(mode: String) throws {
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
