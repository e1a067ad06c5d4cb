import Foundation
import TestSupport
import Testing

/// A user without privileges beside the machine's daemon.
@Suite(
    .enabled(if: ProgramCgroup.canBeMade, "it needs root and writable cgroup mounts"),
    .enabled(
        if: ["unshare", "nsenter", "setpriv"].allSatisfy(ProgramRun.isInstalled),
        "it needs unshare, nsenter and setpriv"))
struct KernelUnprivilegedTests {
    private let cgroup: ProgramCgroup
    private let places: DaemonPlaces

    private static let user = "65534"
    private static let runtime = "/run/user/\(user)"

    init() throws {
        cgroup = try ProgramCgroup()
        places = try DaemonPlaces(
            """
            defaults: {interval: 200ms}
            groups: {g: {path: "\(cgroup.path)", populated: any}}
            limits: [{on: g, set: {pids.max: 321}}]

            """)
    }

    /// A shell command in a /run of its own, where the state directory is the usual one.
    private func apart(_ script: String) throws -> ProgramRun {
        try ProgramRun(
            "unshare",
            [
                "--mount", "sh", "-c",
                """
                mount -t tmpfs none /run && mkdir -p \(Self.runtime) \
                && chown \(Self.user) \(Self.runtime) && \(script)
                """,
            ])
    }

    private func daemon() throws -> ProgramRun {
        let words = [
            "exec", ProgramRun.cgwarden, "daemon", "--history", "-", "--config", places.config,
            "--policy",
            places.policy, "--audit", places.audit, "--web.listen-address", "-",
        ]
        let daemon = try apart(words.joined(separator: " "))
        try awaiting("the limit holds; it said: \(daemon.errors)") {
            guard daemon.isRunning else { throw ProgramTrouble("it ended: \(daemon.errors)") }
            return cgroup.text("pids.max") == "321"
                && FileManager.default.fileExists(
                    atPath: "/proc/\(daemon.pid)/root/run/cgwarden/control")
        }
        return daemon
    }

    /// Runs a command as a user without privileges, beside that daemon.
    private func ask(
        _ daemon: ProgramRun, _ words: [String], runtime: Bool = true
    ) throws -> ProgramRun.Result {
        try ProgramRun.run(
            "nsenter",
            [
                "--target", "\(daemon.pid)", "--mount", "setpriv", "--reuid", Self.user,
                "--regid", Self.user, "--clear-groups", ProgramRun.cgwarden,
            ] + words, environment: runtime ? ["XDG_RUNTIME_DIR": Self.runtime] : [:])
    }

    @Test(arguments: [true, false])
    func commandsAboutTheRootDaemonNeedRoot(runtime: Bool) throws {
        let daemon = try daemon()
        for words in [
            ["status"], ["panic"], ["journal"], ["journal", "--json"], ["hold"],
            ["hold", cgroup.path, "1m"], ["hold", cgroup.path, "--release"], ["restore"],
            ["policy", "explain", cgroup.path],
        ] {
            let result = try ask(daemon, words, runtime: runtime)
            #expect(result.status == 77, "\(words): \(result)")
            #expect(result.output.isEmpty, "\(words): \(result.output)")
            #expect(result.errors.contains("run as root"), "\(words): \(result.errors)")
        }
        // Nothing was changed, and nothing was recorded elsewhere.
        #expect(cgroup.text("pids.max") == "321")
        #expect(daemon.isRunning)
        let own = "/proc/\(daemon.pid)/root\(Self.runtime)/cgwarden"
        #expect(!FileManager.default.fileExists(atPath: own))
        daemon.send(SIGTERM)
        #expect(try daemon.result().status == 0)
    }

    @Test func userHasAnOwnStateDirectoryWithoutADaemon() throws {
        let shell = try apart("echo ready; exec sleep 300")
        try awaiting("it is ready") { !shell.bytes.isEmpty }
        #expect(try ask(shell, ["status"]).status == 69)
        #expect(try ask(shell, ["journal"]).output == "nothing to undo\n")
        #expect(try ask(shell, ["restore"]).output == "nothing to undo\n")
        #expect(try ask(shell, ["hold"]).output == "no cgroup is on hold\n")
        #expect(try ask(shell, ["hold", cgroup.path, "1m"]).status == 69)
        #expect(try ask(shell, ["status"], runtime: false).status == 69)
        shell.send(SIGKILL)
    }

    /// The commands also use the state directory of the configuration.
    @Test func commandsUseTheStateDirectoryOfTheConfiguration() throws {
        let shell = try apart(
            """
            mount -t tmpfs none /etc && mkdir -m 755 /etc/cgwarden \
            && echo 'state_dir: /run/elsewhere' > /etc/cgwarden/cgwarden.yaml \
            && mkdir -m 700 /run/elsewhere && echo ready && exec sleep 300
            """)
        try awaiting("it is ready; it said: \(shell.errors)") { !shell.bytes.isEmpty }
        let result = try ProgramRun.run(
            "nsenter",
            ["--target", "\(shell.pid)", "--mount", ProgramRun.cgwarden, "status"])
        #expect(result.status == 69)
        #expect(result.errors.contains("/run/elsewhere/control"), "\(result.errors)")
        let user = try ask(shell, ["status"])
        #expect(user.status == 77 && user.errors.contains("/run/elsewhere"), "\(user)")
        shell.send(SIGKILL)
    }

    /// Not permitted is 77, whichever command it is that may not.
    @Test func unprivilegedActionIsNotPermitted() throws {
        let shell = try apart("echo ready; exec sleep 300")
        try awaiting("it is ready") { !shell.bytes.isEmpty }
        let other = try cgroup.start("echo ready; exec sleep 300")
        let empty = try ProgramCgroup("-empty")
        for words in [
            ["set", cgroup.path, "pids.max=5"], ["freeze", cgroup.path], ["kill", cgroup.path],
            ["pin", "--cpus", "0", cgroup.path], ["reclaim", "--all", cgroup.path],
            ["move", "\(other.pid)", empty.path], ["create", cgroup.path + "/new"],
            ["remove", empty.path],
        ] {
            let result = try ask(shell, words)
            #expect(result.status == 77, "\(words): \(result)")
            #expect(result.errors.contains("run as root"), "\(words): \(result)")
        }
        #expect(other.isRunning)
        other.send(SIGKILL)
        shell.send(SIGKILL)
    }
}
