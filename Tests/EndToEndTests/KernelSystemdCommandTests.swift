import Foundation
import TestSupport
import Testing

enum SystemdOnUnified {
    static var isThere: Bool {
        let name = try? String(contentsOfFile: "/proc/1/comm", encoding: .utf8)
        return name == "systemd\n"
            && FileManager.default.fileExists(atPath: "/sys/fs/cgroup/cgroup.controllers")
    }
}

/// The commands that act, where the real systemd is PID 1 and keeps the cgroup.
@Suite(
    .enabled(if: SystemdOnUnified.isThere, "PID 1 is not systemd on a v2 tree"), .serialized)
struct KernelSystemdCommandTests {
    private let unit = "cgwarden-test-command.service"

    private func file(_ name: String) -> String? {
        try? String(contentsOfFile: "/sys/fs/cgroup/system.slice/\(unit)/\(name)", encoding: .utf8)
    }

    private func run(_ program: String, _ arguments: String...) throws -> String {
        let result = try ProgramRun.run(program, arguments)
        #expect(result.status == 0, "\(arguments): \(result.errors)")
        return String(decoding: result.bytes, as: UTF8.self)
    }

    @Test func setLimitSurvivesADaemonReloadUntilRestored() throws {
        _ = try run(
            "systemd-run", "--quiet", "--collect", "--property=DefaultDependencies=no",
            "--unit=\(unit)", "sleep", "1000")
        defer { _ = try? ProgramRun.run("systemctl", ["kill", "--signal=KILL", unit]) }
        let cgwarden = ProgramRun.cgwarden
        let pids = file("pids.max")
        _ = try run(
            cgwarden, "set", unit, "memory.max=64MiB", "cpu.max=0.5cpus", "pids.max=50",
            "cpuset.cpus=0")
        _ = try run("systemctl", "daemon-reload")
        #expect(file("memory.max") == "67108864\n")
        #expect(file("cpu.max") == "50000 100000\n")
        #expect(file("pids.max") == "50\n")
        #expect(file("cpuset.cpus") == "0\n")
        _ = try run(cgwarden, "freeze", unit, "--timeout", "30")
        #expect(try run("systemctl", "show", "-P", "FreezerState", unit) == "frozen\n")
        _ = try run(cgwarden, "thaw", unit)
        #expect(try run("systemctl", "show", "-P", "FreezerState", unit) == "running\n")
        _ = try run(cgwarden, "restore")
        _ = try run("systemctl", "daemon-reload")
        #expect(file("memory.max") == "max\n")
        #expect(file("pids.max") == pids)
        // systemd takes a controller away with the last who needed it, and its files.
        #expect(["max 100000\n", nil].contains(file("cpu.max")))
        #expect(file("cpuset.cpus") != "0\n")
    }

    /// systemd kills the whole cgroup of the command, as it does at a logout.
    @Test func changeIsUndoneThoughTheCgroupOfTheCommandIsKilled() throws {
        _ = try run(
            "systemd-run", "--quiet", "--collect", "--property=DefaultDependencies=no",
            "--unit=\(unit)", "sleep", "1000")
        defer { _ = try? ProgramRun.run("systemctl", ["kill", "--signal=KILL", unit]) }
        let pids = file("pids.max")
        let session = "cgwarden-test-session.service"
        _ = try run(
            "systemd-run", "--quiet", "--collect", "--property=DefaultDependencies=no",
            "--unit=\(session)", "sh", "-c",
            "\(ProgramRun.cgwarden) set \(unit) pids.max=50 --for 15s; exec sleep 1000")
        try awaiting("the change") { file("pids.max") == "50\n" }
        try awaiting("the helper's scope") {
            try ProgramRun.run(
                "systemctl", ["list-units", "--plain", "--no-legend", "cgwarden-undo-*.scope"]
            ).output.contains(".scope")
        }
        _ = try run("systemctl", "kill", "--signal=KILL", session)
        try awaiting("the original") { file("pids.max") == pids }
    }

    /// systemd would put the process of its own namespace that has the helper's number into the scope.
    @Test func helperInAnotherPIDNamespaceGetsNoScope() throws {
        _ = try run(
            "systemd-run", "--quiet", "--collect", "--property=DefaultDependencies=no",
            "--property=TasksMax=50", "--unit=\(unit)", "sleep", "1000")
        defer { _ = try? ProgramRun.run("systemctl", ["kill", "--signal=KILL", unit]) }
        func scopes() throws -> Set<Substring> {
            let list = try run(
                "systemctl", "list-units", "--plain", "--no-legend", "cgwarden-undo-*")
            return Set(list.split(separator: "\n").compactMap { $0.split(separator: " ").first })
        }
        let before = try scopes()
        // The process in the cgroup cannot be examined from there, so the limit can only be raised.
        // The namespace ends with its process 1, so that waits for the helper.
        let command = try ProgramRun(
            "unshare",
            [
                "--pid", "--fork", "--mount-proc", "sh", "-c",
                "\(ProgramRun.cgwarden) set \(unit) pids.max=60 --for 5s && sleep 12",
            ], input: nil)
        try awaiting("the change; it said: \(command.errors)") { file("pids.max") == "60\n" }
        try awaiting("the original") {
            let now = try scopes()
            #expect(now.isSubset(of: before))
            return file("pids.max") == "50\n"
        }
        #expect(try command.result().status == 0)
    }

    @Test func limitResetByADaemonReloadIsReportedAsAChangeByProcess1() throws {
        _ = try run(
            "systemd-run", "--quiet", "--collect", "--property=DefaultDependencies=no",
            "--property=MemoryMax=128M", "--unit=\(unit)", "sleep", "1000")
        defer { _ = try? ProgramRun.run("systemctl", ["kill", "--signal=KILL", unit]) }
        let shown = try run(ProgramRun.cgwarden, "show", "--json", unit)
        let owner = try #require(try JSONText.object(shown)["owner"] as? JSONText.Object)
        #expect(owner["kind"] as? String == "systemd")
        #expect(owner["unit"] as? String == unit)
        let events = try ProgramRun(
            ProgramRun.cgwarden,
            [
                "events", "-f", "-i", "200ms", "--json", "--kind", "changed", "--cgroup",
                "**/\(unit)",
            ],
            input: nil)
        let place = "/sys/fs/cgroup/system.slice/\(unit)/memory.max"
        var value = 64 << 20
        try awaiting("a change; it said: \(events.errors)") {
            value += 1 << 20
            try Data("\(value)".utf8).write(to: URL(filePath: place))
            Thread.sleep(forTimeInterval: 0.3)
            return !events.bytes.isEmpty
        }
        _ = try run("systemctl", "daemon-reload")
        let reset = try awaiting("the reset; it said: \(events.output)") {
            try events.output.split(separator: "\n").map { try JSONText.object($0) }
                .first {
                    $0["new"] as? String == "128MiB" && $0["limit"] as? String == "memory.max"
                }
        }
        #expect(reset["pid"] as? Int == 1)
        #expect(reset["comm"] as? String == "systemd")
        events.send(SIGTERM)
        _ = try events.result()
    }

    /// The helper thaws by the kernel's file, because systemd may be busy; systemd is told later.
    @Test func systemdSeesThatAFreezeEndedAtItsTimeout() throws {
        _ = try run(
            "systemd-run", "--quiet", "--collect", "--property=DefaultDependencies=no",
            "--unit=\(unit)", "sleep", "1000")
        defer { _ = try? ProgramRun.run("systemctl", ["kill", "--signal=KILL", unit]) }
        _ = try run(ProgramRun.cgwarden, "freeze", unit, "--timeout", "5s")
        #expect(try run("systemctl", "show", "-P", "FreezerState", unit) == "frozen\n")
        try awaiting("the kernel has thawed it", seconds: 60) {
            file("cgroup.events")?.contains("frozen 0") == true
        }
        try awaiting("systemd takes it for running") {
            try run("systemctl", "show", "-P", "FreezerState", unit) == "running\n"
        }
        // So it can be frozen again.
        _ = try run("systemctl", "freeze", unit)
        #expect(file("cgroup.events")?.contains("frozen 1") == true)
        _ = try run("systemctl", "thaw", unit)
    }

    @Test func pinOfAUnitEnablesCpuset() throws {
        _ = try run(
            "systemd-run", "--quiet", "--collect", "--property=DefaultDependencies=no",
            "--unit=\(unit)", "sleep", "1000")
        defer { _ = try? ProgramRun.run("systemctl", ["kill", "--signal=KILL", unit]) }
        let cgwarden = ProgramRun.cgwarden
        #expect(try run(cgwarden, "pin", "--cpus", "1", unit).contains("CPUs 1, memory nodes 0"))
        _ = try run("systemctl", "daemon-reload")
        #expect(file("cpuset.cpus.effective") == "1\n")
        #expect(try run("systemctl", "show", "-P", "AllowedCPUs", unit) == "1\n")
        _ = try run(cgwarden, "restore", "/system.slice/\(unit)")
        // It may be disabled again, or has the parent's list, because it cannot be emptied.
        #expect(["0-1\n", nil].contains(file("cpuset.cpus.effective")))
    }

    @Test func routeOfEachValueIsReported() throws {
        _ = try run(
            "systemd-run", "--quiet", "--collect", "--property=DefaultDependencies=no",
            "--unit=\(unit)", "sleep", "1000")
        defer { _ = try? ProgramRun.run("systemctl", ["kill", "--signal=KILL", unit]) }
        let wishes = [
            "memory.max=64MiB", "cpu.max=0.333cpus", "memory.oom.group=1", "--dry-run",
        ]
        let plan = try ProgramRun.run(ProgramRun.cgwarden, ["set", unit] + wishes)
        let text = String(decoding: plan.bytes, as: UTF8.self)
        #expect(text.contains("through systemd: \(unit) MemoryMax"), "\(text)")
        #expect(text.split(separator: "\n").contains { $0.hasSuffix("  file") }, "\(text)")
        #expect(plan.errors.contains("the quota is 33%"), "\(plan.errors)")
        #expect(plan.errors.contains("OOMPolicy of \(unit)"), "\(plan.errors)")
        #expect(file("memory.max") == "max\n")
        let json = try ProgramRun.run(ProgramRun.cgwarden, ["set", unit, "--json"] + wishes)
        let object = try JSONSerialization.jsonObject(with: Data(json.bytes)) as? [String: Any]
        let writes = try #require(object?["writes"] as? [[String: Any]])
        let ways = Dictionary(
            uniqueKeysWithValues: writes.map { ($0["name"] as? String, $0["through"] as? String) })
        #expect(ways["memory.max"] == "systemd")
        #expect(ways["memory.oom.group"] == "file")
    }

    @Test func doctorReportsTheRunningSystemdVersion() throws {
        let version = try run("systemctl", "show", "-P", "Version").dropLast()
        let report = try run(ProgramRun.cgwarden, "doctor")
        #expect(report.contains("yes: PID 1, version \(version), "), "\(report)")
    }
}
