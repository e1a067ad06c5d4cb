import Foundation
import TestSupport
import Testing

/// Files that a person names, with something else in their place: one line, and the end.
@Suite struct HostileFileTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private func expect(_ words: [String], _ status: Int32, _ parts: String...) throws {
        let result = try ProgramRun.run(
            ProgramRun.cgwarden, words,
            environment: ["CGWARDEN_STATE_DIRECTORY": folder.path("state")])
        #expect(result.status == status, "\(words): \(result.errors)")
        #expect(result.errorLines.count == 1, "\(words): \(result.errors)")
        for part in parts { #expect(result.errors.contains(part), "\(result.errors)") }
    }

    private func pipe(_ name: String = "pipe") -> String {
        #expect(unsafe mkfifo(folder.path(name), 0o644) == 0)
        return folder.path(name)
    }

    /// It has no writer, so reading it would block forever.
    @Test(
        arguments: [
            (["daemon", "--state-dir", "STATE", "--config"], 78),
            (["exporter", "--web.listen-address", "127.0.0.1:0", "--web.config.file"], 78),
            (["top", "-b", "-n", "1", "--replay"], 66),
            (["policy", "backtest", "p", "--history"], 66),
            (["top", "-b", "-n", "1", "--record"], 64),
        ] as [([String], Int32)])
    func pipeIsRefusedImmediately(_ words: [String], _ status: Int32) throws {
        let words = words.map { $0 == "STATE" ? folder.path("state") : $0 }
        try expect(words + [pipe()], status, "pipe", "not a regular file")
    }

    @Test(arguments: ["cert_file", "key_file"]) func pipeAsCertificateIsRefused(_ key: String)
        throws
    {
        try folder.write("real.pem", "x")
        let other = key == "cert_file" ? "key_file" : "cert_file"
        try folder.write(
            "web.yml",
            "tls_server_config: {\(key): \(pipe()), \(other): \(folder.path("real.pem"))}\n")
        let words = [
            "exporter", "--web.listen-address", "127.0.0.1:0", "--web.config.file",
            folder.path("web.yml"),
        ]
        let result = try ProgramRun.run(ProgramRun.cgwarden, words)
        #expect(result.status == 78, "\(result.errors)")
        if key == "cert_file" { #expect(result.errors.contains("not a regular file")) }
    }

    /// It names the state directory, so it controls what root does there.
    @Test(arguments: [0o664, 0o646]) func configurationWritableByOthersIsRefused(_ mode: Int) throws
    {
        try folder.write("cgwarden.yaml", "log_level: info\n", mode: mode)
        try expect(
            ["daemon", "--config", folder.path("cgwarden.yaml")], 78,
            "can be written by others; run chmod go-w on it")
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give a file away"))
    func configurationOfAnotherUserIsRefused() throws {
        try folder.write("cgwarden.yaml", "log_level: info\n")
        try folder.link("link.yaml", to: "cgwarden.yaml")
        #expect(unsafe lchown(folder.path("link.yaml"), 65534, 65534) == 0)
        try expect(
            ["daemon", "--config", folder.path("link.yaml")], 78,
            "symbolic link that user 65534 owns")
        #expect(unsafe chown(folder.path("cgwarden.yaml"), 65534, 65534) == 0)
        try expect(
            ["daemon", "--config", folder.path("cgwarden.yaml")], 78, "owned by user 65534")
    }

    /// `sudo` may keep the home of the calling user.
    @Test(
        .enabled(if: geteuid() == 0, "only root can give a directory away"),
        .enabled(if: TerminalSession.isAvailable, LiveScreen.reason))
    func layoutIsNotSavedInAnotherUsersDirectory() throws {
        try folder.makeFolder("home/cgwarden")
        try folder.write("victim", "kept")
        try folder.link("home/cgwarden/top.yaml", to: folder.path("victim"))
        for name in ["home", "home/cgwarden"] {
            #expect(unsafe chown(folder.path(name), 65534, 65534) == 0)
        }
        let session = try LiveScreen.captured(
            try ProgramCapture("v2"), environment: ["XDG_CONFIG_HOME": folder.path("home")])
        try session.press("s")
        try session.await("layout not saved")
        try session.press("q")
        #expect(try session.status() == 0)
        #expect(folder.text("victim") == "kept")
    }

    /// 90 MB of a user's state files, and cgroups that ask for them.
    @Test(
        .enabled(if: geteuid() == 0, "only root can give a file away"),
        .enabled(if: TerminalSession.isAvailable, LiveScreen.reason))
    func firstFrameAndSignalsDoNotWaitForNames() throws {
        let tree = try RuntimeTree()
        let slice = "/user.slice/user-1000.slice/user@1000.service/user.slice"
        let scopes = (1...500).map { number in
            let digits = String(number, radix: 16)
            return "\(slice)/libpod-"
                + String(repeating: "0", count: 64 - digits.count) + digits + ".scope"
        }
        try tree.mount(scopes)
        let text = "[" + String(repeating: "{},", count: 5 << 20) + "{}]"
        for driver in ["overlay", "vfs", "btrfs"] {
            for name in ["containers.json", "volatile-containers.json"] {
                try tree.file(
                    "/run/user/1000/containers/\(driver)-containers/\(name)", text, user: 1000)
            }
        }
        let session = try TerminalSession(
            TerminalSession.cgwarden("top -p --root '\(tree.root)'"), columns: 160, rows: 40)
        session.kept = tree
        try session.await("libpod-")
        kill(try session.pid(), SIGTERM)
        #expect(try session.status() == 0)
    }
}
