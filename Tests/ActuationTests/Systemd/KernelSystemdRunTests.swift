#if Systemd
import CgroupModel
import Foundation
import Hierarchy
import Testing

@testable import Actuation

/// `cgwarden run --scope` where the real systemd is PID 1, on v2 and on v1.
@Suite(.enabled(if: SystemdAsPID1.isHere, "PID 1 is not systemd"), .serialized)
struct KernelSystemdRunTests {
    private static let isUnified = SystemdAsPID1.mode == .v2

    /// The cgroup of a file that may be a v1 one.
    private static func file(_ unified: String, _ legacy: String, of scope: String) -> String {
        let place = "system.slice/\(scope)"
        return isUnified
            ? "/sys/fs/cgroup/\(place)/\(unified)"
            : "/sys/fs/cgroup/\(legacy.replacing("*", with: place))"
    }

    private func run(_ options: [String], _ command: String...) throws -> RunProgram.Result {
        try start(options, command).result()
    }

    private func start(_ options: [String], _ command: [String]) throws -> RunProgram {
        try RunProgram(
            RunProgram.path,
            ["run", "--scope", "--summary", "json"] + options + ["--"] + command)
    }

    /// The directories of scopes that exist in any tree.
    private var scopes: String {
        get throws {
            try SystemdAsPID1.shell("find /sys/fs/cgroup -name 'cgwarden-run-*'; true")
        }
    }

    @Test func commandRunsInTheScopeFromItsFirstInstruction() throws {
        let scope = "cgwarden-run-limits.scope"
        let files = [
            Self.file("memory.max", "memory/*/memory.limit_in_bytes", of: scope),
            Self.file("cpu.max", "cpu/*/cpu.cfs_quota_us", of: scope),
            Self.file("pids.max", "pids/*/pids.max", of: scope),
            Self.file("cpuset.cpus", "cpuset/*/cpuset.cpus", of: scope),
        ].joined(separator: " ")
        let script = """
            cat /proc/self/cgroup; cat \(files); systemctl show -P MemoryMax -P TasksMax \
            -P CPUQuotaPerSecUSec \(scope); systemctl daemon-reload; cat \(files); exit 7
            """
        let run = try run(
            [
                "--name", "limits", "--memory", "64MiB", "--cpus", "0.5", "--pids", "50",
                "--cpuset", "0",
            ], "sh", "-c", script)
        #expect(run.status == 7, "\(run.errors)")
        let memberships = run.output.split(separator: "\n").filter {
            $0.hasSuffix("/system.slice/\(scope)")
        }
        #expect(memberships.contains { Self.isUnified || $0.contains(":memory:") }, "\(run.output)")
        let quota = Self.isUnified ? "50000 100000" : "50000"
        let values = "67108864\n\(quota)\n51\n0\n"
        #expect(run.output.hasSuffix("\(values)500ms\n67108864\n51\n\(values)"), "\(run.output)")
        let summary = try run.summary()
        #expect(summary["status"] as? Int == 7)
        #expect(summary["path"] as? String == "/system.slice/\(scope)")
        #expect(try scopes == "")
    }

    @Test func commandThatCannotRunLeavesNoScope() throws {
        let run = try run([], "cgwarden-test-no-such-command")
        #expect(run.status == 127)
        #expect(
            run.errors
                == "cgwarden: cannot run cgwarden-test-no-such-command: No such file or directory\n"
        )
        #expect(try scopes == "")
    }

    @Test func signalIsForwardedAndRemainingProcessesAreKilled() throws {
        let script = "sleep 600 & trap 'exit 9' TERM; echo ready; while :; do sleep 0.05; done"
        let program = try start(["--kill-rest"], ["sh", "-c", script])
        try program.awaitOutput("ready")
        program.send(SIGTERM)
        #expect(try program.result().status == 9)
        #expect(try scopes == "")
    }

    @Test func memoryLimitIsReportedAsTheCauseOfTheKill() throws {
        let script = "x = bytearray(200 << 20)"
        let python = try #require(RunPlace.python)
        let run = try run(
            ["--memory", "20MiB", "--memory-total", "20MiB"], python, "-c", script)
        #expect(run.status == 137, "\(run.errors)")
        #expect(try run.summary()["killed_by_memory_limit"] as? Bool == true)
        #expect(try scopes == "")
    }

    @Test func nameInUseIsRefusedAndLeftoverScopeIsCleanedUp() throws {
        let first = try start(["--name", "first"], ["sh", "-c", "echo ready; exec sleep 600"])
        try first.awaitOutput("ready")
        let second = try run(["--name", "first"], "true")
        #expect(second.status == 75)
        #expect(second.errors.contains("choose another --name"), "\(second.errors)")
        let other = try run(["--name", "other"], "true")
        #expect(other.status == 0, "\(other.errors)")
        #expect(!other.errors.contains("removed"))
        first.send(SIGKILL)
        #expect(try first.result().status == 137)
        #expect(try scopes.contains("cgwarden-run-first.scope"))
        let next = try run(["--name", "next"], "true")
        #expect(next.errors.contains("removed /system.slice/cgwarden-run-first.scope"))
        #expect(try scopes == "")
    }

    @Test(.enabled(if: isUnified, "systemd has no freezer on v1"))
    func runBelowAFrozenSliceIsRefused() throws {
        let slice = "cgwarden-test-frozen.slice"
        let path = "/cgwarden.slice/cgwarden-test.slice/\(slice)"
        try SystemdAsPID1.shell("systemctl start \(slice)")
        try SystemdAsPID1.shell("echo 1 >/sys/fs/cgroup\(path)/cgroup.freeze")
        defer {
            _ = try? SystemdAsPID1.shell("echo 0 >/sys/fs/cgroup\(path)/cgroup.freeze")
            _ = try? SystemdAsPID1.shell("systemctl stop \(slice)")
        }
        let run = try run(["--parent", slice], "echo", "started")
        #expect(run.status == 75)
        #expect(run.output == "")
        #expect(run.errors.contains("\(path) is frozen"), "\(run.errors)")
        try RunProgram.await("no scope is left") { (try? scopes) == "" }
    }

    @Test func scopeStoppedBySystemdEndsTheRun() throws {
        let program = try start(["--name", "stopped"], ["sh", "-c", "echo ready; exec sleep 600"])
        try program.awaitOutput("ready")
        try SystemdAsPID1.shell("systemctl stop cgwarden-run-stopped.scope")
        #expect(try program.result().status == 143)
        #expect(try scopes == "")
    }

    @Test(.enabled(if: isUnified, "v1 is not delegated to users"))
    func unprivilegedRunUsesTheUserManager() throws {
        let user: UInt32 = 65534
        let asUser = [
            // The user may not use the state directory of these tests.
            "-u", "CGWARDEN_STATE_DIRECTORY",
            "setpriv", "--reuid=\(user)", "--regid=\(user)", "--clear-groups", RunProgram.path,
            "run", "--summary", "json",
        ]
        let alone = try RunProgram("/usr/bin/env", asUser + ["true"]).result()
        #expect(alone.status == 77)
        #expect(alone.errors.contains("loginctl enable-linger"), "\(alone.errors)")
        let scope = try RunProgram("/usr/bin/env", asUser + ["--scope", "true"]).result()
        #expect(scope.status == 69)
        #expect(scope.errors.contains("user@\(user).service"), "\(scope.errors)")
        try SystemdAsPID1.withSystemd(ofUser: user) {
            let script = """
                id -u; P=$(cut -d: -f3 /proc/self/cgroup); echo $P
                cat /sys/fs/cgroup$P/memory.max /sys/fs/cgroup$P/pids.max; exit 4
                """
            let run = try RunProgram(
                "/usr/bin/env",
                asUser + ["--name", "mine", "--memory", "64MiB", "--pids", "20", "--"]
                    + ["sh", "-c", script]
            ).result()
            #expect(run.status == 4, "\(run.errors)")
            let lines = run.output.split(separator: "\n").map(String.init)
            #expect(lines.first == "\(user)")
            #expect(lines.dropFirst().first?.contains("/user@\(user).service/") == true)
            #expect(lines.dropFirst().first?.hasSuffix("/cgwarden-run-mine.scope") == true)
            #expect(lines.suffix(2) == ["67108864", "21"])
            #expect(try scopes == "")
        }
    }
}
#endif
