#if Exporter
import Foundation
import TestSupport
import Testing

/// Commands that show another host through its API.
@Suite(.serialized) struct RemoteTests {
    private let folder: ScratchFolder
    private let capture: ProgramCapture

    init() throws {
        folder = try ScratchFolder()
        capture = try ProgramCapture("v2")
    }

    private func secret(_ text: String, _ name: String = "secret", mode: Int = 0o600) throws
        -> String
    {
        let path = folder.path(name)
        try Data(text.utf8).write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        return path
    }

    private func run(_ words: String..., home: String = "/nowhere") throws -> ProgramRun.Result {
        try ProgramRun.run(ProgramRun.cgwarden, words, environment: ["HOME": home])
    }

    @Test func topAndShowReadTheCgroupsOfTheOtherHost() throws {
        let server = try ServingProgram("--root", capture.root)
        let url = "http://127.0.0.1:\(server.port)"
        let here = try run("top", "-b", "-n", "1", "-p", "--root", capture.root, "--json")
        let there = try run("top", "-b", "-n", "1", "-p", "--url", url, "--json")
        #expect(there.status == 0, "\(there.errors)")
        let paths = { (result: ProgramRun.Result) in
            try JSONText.objects(result).compactMap { $0["path"] as? String }
        }
        #expect(try !paths(there).isEmpty && paths(there) == paths(here))
        let show = try run("show", "/app.slice", "--url", url)
        #expect(show.status == 0 && show.output.hasPrefix("/app.slice\n"), "\(show)")
        #expect(show.output.contains("memory.current"))
        let none = try run("show", "/nothing", "--url", url)
        #expect(none.status == 66 && none.errorLines.count == 1, "\(none.errors)")
        let two = try run("top", "-b", "-n", "2", "-d", "1.2s", "--url", url)
        #expect(try two.status == 0 && two.lines.count > 2 * paths(here).count, "\(two.output)")
    }

    @Test func pastOfTheOtherHostIsReadAndWalked() throws {
        let past = try PastRecording()
        let server = try ServingProgram("--root", capture.root, "--history", past.path)
        let url = "http://127.0.0.1:\(server.port)"
        let here = try past.run("top", "-b", "--at", PastRecording.at(90), "--json")
        let there = try run("top", "-b", "--at", PastRecording.at(90), "--json", "--url", url)
        #expect(there.status == 0 && there.output == here.output, "\(there)")
        let early = try run("show", "/a", "--at", PastRecording.at(-60), "--url", url)
        #expect(early.status == 66, "\(early.errors)")
        #expect(early.errors.contains("begins at 2026-09-21 14:13:20"), "\(early.errors)")
        guard TerminalSession.isAvailable else { return }
        let session = try TerminalSession(
            TerminalSession.cgwarden("top --url \(url) --at \(PastRecording.at(60))"), columns: 120)
        func awaitTime(_ time: String) throws {
            try session.await(time) {
                $0[0].contains("history of 127.0.0.1:\(server.port)") && $0[0].contains(" \(time)")
            }
        }
        try awaitTime("14:14:20")
        try session.press("[")
        try awaitTime("14:14:19")
        try session.press("]", "]")
        try awaitTime("14:14:21")
        try session.press("n")
        try session.await("the events of another host are not known here")
        try session.press("q")
        #expect(try session.status() == 0)
    }

    @Test(.enabled(if: TerminalSession.isAvailable, LiveScreen.reason))
    func viewNamesTheHostAndRefusesToAct() throws {
        let server = try ServingProgram("--root", capture.root)
        let session = try TerminalSession(
            TerminalSession.cgwarden("top --url http://127.0.0.1:\(server.port)"), columns: 120)
        try session.await("127.0.0.1:\(server.port)  remote")
        try session.await("db.service")
        try session.press("T")
        try session.await("is another host; run cgwarden on it")
        try session.press("j")
        try session.await("the message ends") { lines in
            !lines.contains { $0.contains("is another host") }
        }
        try session.press("z")
        try session.await("is another host; run cgwarden on it")
        server.run.send(SIGTERM)
        try session.await("remote  Connection refused")
        try session.press("q")
        #expect(try session.status() == 0)
    }

    @Test(.enabled(if: WebFixture.isPossible, "needs openssl and curl"))
    func passwordAndAuthorityComeFromFiles() async throws {
        let fixture = try await WebFixture()
        try fixture.write(
            """
            tls_server_config: {cert_file: server.pem, key_file: server.key}
            basic_auth_users: {alice: \(WebFixture.hash)}

            """)
        let server = try ServingProgram(
            "--root", capture.root, "--web.config.file", fixture.path("web.yml"))
        let url = "https://localhost:\(server.port)"
        func show(_ words: String..., home: String = "/nowhere") throws -> ProgramRun.Result {
            try ProgramRun.run(
                ProgramRun.cgwarden, ["show", "/app.slice", "--url", url] + words,
                environment: ["HOME": home])
        }
        let ca = fixture.path("ca.pem")
        let untrusted = try show()
        #expect(untrusted.status == 69, "\(untrusted.errors)")
        #expect(untrusted.errors.contains("not signed by a trusted authority"))
        let anonymous = try show("--ca", ca)
        #expect(anonymous.status == 77, "\(anonymous.errors)")
        #expect(anonymous.errors.contains("asks for a password; name a file"))
        let wrong = try show("--ca", ca, "--password-file", try secret("alice:no\n"))
        #expect(wrong.status == 77 && wrong.errors.contains("refuses the user or the password"))
        let line = try secret("alice:\(WebFixture.password)\n")
        #expect(try show("--ca", ca, "--password-file", line).status == 0)
        let windows = try secret("alice:\(WebFixture.password)\r\n")
        #expect(try show("--ca", ca, "--password-file", windows).status == 0)
        for mode in [0o644, 0o640] {
            let open = try secret("alice:\(WebFixture.password)\n", "open", mode: mode)
            let refused = try show("--ca", ca, "--password-file", open)
            #expect(refused.status == 77 && refused.errors.contains("other users can read"))
        }
        // A word of netrc has no blanks, so this password is a wrong one; it is sent all the same.
        let netrc = try secret("machine localhost login alice password no\n", ".netrc")
        let named = try show("--ca", ca, "--netrc", netrc)
        #expect(named.errors.contains("refuses the user or the password"), "\(named.errors)")
        let usual = try show("--ca", ca, home: folder.path(""))
        #expect(usual.errors.contains("refuses the user or the password"), "\(usual.errors)")
        // A usual file that others can read, or without an entry for this host, is no password.
        _ = try secret("machine localhost login alice password no\n", ".netrc", mode: 0o644)
        let readable = try show("--ca", ca, home: folder.path(""))
        #expect(readable.errors.contains("asks for a password"), "\(readable.errors)")
        _ = try secret("default login alice password no\n", ".netrc")
        let other = try show("--ca", ca, home: folder.path(""))
        #expect(other.errors.contains("asks for a password"), "\(other.errors)")
    }

    @Test func refusedConnectionAsksForTheServer() throws {
        let result = try run("show", "/", "--url", "http://127.0.0.1:1")
        #expect(result.status == 69)
        #expect(
            result.errors
                == "cgwarden: 127.0.0.1:1: Connection refused; is a cgwarden daemon or exporter "
                + "listening there?\n")
    }

    @Test func passwordIsNotSentInTheClear() throws {
        let file = try secret("alice:x\n")
        for host in ["node7.example", "127.example.com"] {
            let result = try run(
                "show", "/", "--url", "http://\(host):1", "--password-file", file)
            #expect(
                result.status == 64 && result.errors.contains("use https://"), "\(result.errors)")
        }
        let inside = try run("show", "/", "--url", "http://a:b@node7:1")
        #expect(inside.status == 64 && inside.errors.contains("use --netrc"), "\(inside.errors)")
    }

    @Test(arguments: [
        ("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\ngarbage", 65, "is not a sample"),
        (
            "HTTP/1.1 500 Oh\r\nContent-Length: 9\r\n\r\n\u{1b}[31m bad", 69,
            "HTTP 500: \\x1b[31m bad"
        ),
        ("HTTP/1.1 404 No\r\nContent-Length: 5\r\n\r\nother", 69, "HTTP 404: other"),
        ("nonsense\r\n\r\n", 69, "127.0.0.1:"),
    ])
    func hostileAnswersGetOneLine(answer: String, status: Int, words: String) throws {
        let server = try OneAnswerServer(answer)
        let result = try run("top", "-b", "--url", "http://127.0.0.1:\(server.port)")
        #expect(result.status == status, "\(result.errors)")
        #expect(result.errorLines.count == 1 && result.errors.contains(words), "\(result.errors)")
        #expect(!result.errors.contains("\u{1b}"))
    }
}
#endif
