import Foundation
import TestSupport
import Testing

/// Dry runs: what they promise without rights, and what a daemon says that it would do.
@Suite(
    .serialized, .enabled(if: ProgramCgroup.canBeMade, "it needs root and writable cgroup mounts"))
struct KernelDryRunTests {
    private let cgroup: ProgramCgroup

    init() throws { cgroup = try ProgramCgroup() }

    /// The command would be refused, so its plan is refused, too.
    @Test(.enabled(if: ProgramRun.isInstalled("setpriv"), "there is no setpriv here"))
    func dryRunWithoutRightsIsRefusedLikeTheCommand() throws {
        guard cgroup.directory(of: "pids") != nil else {
            try Test.cancel("the pids controller is missing here")
        }
        let member = try cgroup.start("echo ready; exec sleep 300")
        let state = try ScratchFolder()
        let commands = [
            ["set", cgroup.path, "pids.max=50"], ["freeze", cgroup.path], ["kill", cgroup.path],
            ["move", "\(member.pid)", cgroup.path], ["create", "\(cgroup.path)/new"],
            ["pin", "--cpus", "0", cgroup.path], ["reclaim", "--all", cgroup.path],
        ]
        for words in commands {
            let result = try ProgramRun.run(
                "setpriv",
                ["--reuid", "65534", "--regid", "65534", "--clear-groups", ProgramRun.cgwarden]
                    + words + ["--dry-run"],
                environment: ["CGWARDEN_STATE_DIRECTORY": state.path("state")])
            #expect(result.status == 77, "\(words): \(result)")
            #expect(result.output.isEmpty && result.errorLines.count == 1, "\(words): \(result)")
        }
        member.send(SIGKILL)
    }

    /// A user may signal own processes, although the cgroup's files are root's.
    @Test(.enabled(if: ProgramRun.isInstalled("setpriv"), "there is no setpriv here"))
    func ownProcessesAreKilledAsTheDryRunSays() throws {
        let user = ["--reuid", "65534", "--regid", "65534", "--clear-groups"]
        let member = try cgroup.start(
            "exec setpriv \(user.joined(separator: " ")) "
                + "sh -c 'trap \"\" TERM; echo ready; while :; do sleep 0.1; done'")
        let state = try ScratchFolder()
        func kill(_ words: String...) throws -> ProgramRun.Result {
            try ProgramRun.run(
                "setpriv", user + [ProgramRun.cgwarden, "kill", cgroup.path] + words,
                environment: ["CGWARDEN_STATE_DIRECTORY": state.path("state")])
        }
        let plan = try kill("--dry-run")
        #expect(plan.status == 0 && plan.output.hasPrefix("would kill "), "\(plan)")
        let done = try kill("--grace", "200ms")
        #expect(done.status == 0 && done.output.contains("with SIGKILL"), "\(done)")
        try awaiting("the end of the process") { !member.isRunning }
    }

    @Test func daemonNamesTheDecisionsOfADryRun() throws {
        let places = try DaemonPlaces(
            """
            defaults: {interval: 200ms}
            groups: {g: {path: "\(cgroup.path)", populated: any}}
            limits: [{on: g, set: {pids.max: 321}}]

            """)
        let result = try ProgramRun.run(
            ProgramRun.cgwarden,
            ["daemon", "--dry-run", "-n", "4", "--web.listen-address", "-"] + places.options)
        #expect(result.status == 0, "\(result)")
        #expect(
            result.errors.contains("would set \(cgroup.path) pids.max=321"), "\(result.errors)")
        #expect(result.errors.contains("dry run: "))
        #expect(cgroup.text("pids.max") == "max")
        let live = try ProgramRun.run(
            ProgramRun.cgwarden,
            ["daemon", "-n", "4", "--web.listen-address", "-"] + places.options)
        #expect(live.status == 0 && !live.errors.contains("would"), "\(live.errors)")
    }

    @Test func statusAndExplainTakeTheStateDirectoryOfTheDaemon() throws {
        let daemon = try RunningDaemon(
            """
            defaults: {interval: 200ms}
            groups: {g: {path: "\(cgroup.path)", populated: any}}
            limits: [{on: g, set: {pids.max: 321}}]

            """)
        func ask(_ words: String...) throws -> ProgramRun.Result {
            try ProgramRun.run(
                ProgramRun.cgwarden, words + ["--state-dir", daemon.places.state])
        }
        #expect(try ask("status").output.contains("1 standing limit"))
        try daemon.awaitSample()
        #expect(try ask("policy", "explain", cgroup.path).output.contains("321"))
        let relative = try ProgramRun.cgwarden("status", "--state-dir", "state")
        #expect(relative.status == 64 && relative.errors.contains("absolute"), "\(relative)")
        #expect(try daemon.end().status == 0)
    }
}
