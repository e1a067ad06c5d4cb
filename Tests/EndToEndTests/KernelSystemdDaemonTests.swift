import Foundation
import TestSupport
import Testing

/// The daemon as a service of the real systemd, with the unit and the places of `config/`.
///
/// It installs files system-wide, so it runs only in guests.
@Suite(
    .serialized,
    .enabled(
        if: SystemdOnUnified.isThere
            && RunningDaemon.isInGuest,
        "PID 1 is not systemd on the v2 tree of a test guest"))
struct KernelSystemdDaemonTests {
    private let victim = "cgwarden-test-victim.service"
    private let hooked = "/run/cgwarden/hooked"
    private static let config = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../config").standardized.path()

    @discardableResult
    private func run(_ program: String, _ arguments: String...) throws -> String {
        let result = try ProgramRun.run(program, arguments)
        #expect(result.status == 0, "\(program) \(arguments): \(result.output)\(result.errors)")
        return result.output
    }

    private func file(_ name: String) -> String? {
        try? String(
            contentsOfFile: "/sys/fs/cgroup/system.slice/\(victim)/\(name)", encoding: .utf8)
    }

    private func property(_ name: String) throws -> String {
        try run("systemctl", "show", "-P", name, "cgwarden.service")
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private func systemdSays(_ state: String) throws {
        try awaiting("systemd takes the victim for \(state)", seconds: 60) {
            try run("systemctl", "show", "-P", "FreezerState", victim) == "\(state)\n"
        }
    }

    private func isFrozen() -> Bool { file("cgroup.events")?.contains("frozen 1") == true }

    private func install(_ name: String, to path: String) throws {
        try run("install", "-D", "-m", "644", "\(Self.config)/\(name)", path)
    }

    private func write(_ text: String, to path: String) throws {
        try FileManager.default.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent,
            withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(filePath: path))
    }

    private func setPolicy(_ rest: String) throws {
        try write(
            """
            apiVersion: cgwarden/v1
            defaults: {interval: 500ms}
            groups: {g: {unit: \(victim)}}
            \(rest)

            """, to: "/etc/cgwarden/policy.d/50-test.yaml")
    }

    private func acting(_ pids: Int) -> String {
        """
        limits: [{on: g, set: {pids.max: \(pids)}}]
        rules:
          - name: stop
            on: g
            when: pids.current >= 1
            until: pids.current < 1
            max_active: 10m
            do: [{hook: {name: tell}}, {freeze: {timeout: 5m, on_timeout: thaw}}]
        hooks: {tell: {exec: [/bin/sh, -c, "cat /proc/self/cgroup > \(hooked)"], timeout: 20s}}
        """
    }

    /// The unit as it is, but in a machine with nothing else, and with less patience.
    private func installAll() throws {
        try install("cgwarden.service", to: "/etc/systemd/system/cgwarden.service")
        try install("cgwarden.tmpfiles", to: "/usr/lib/tmpfiles.d/cgwarden.conf")
        try install("cgwarden.yaml", to: "/etc/cgwarden/cgwarden.yaml")
        try? FileManager.default.removeItem(atPath: "/usr/bin/cgwarden")
        // A link would lead to where the unit may not look, as in a home.
        try FileManager.default.copyItem(atPath: ProgramRun.cgwarden, toPath: "/usr/bin/cgwarden")
        let dropIn = "/run/systemd/system/cgwarden.service.d/test.conf"
        try write(
            "[Unit]\nDefaultDependencies=no\n[Service]\nWatchdogSec=20s\nRestartSec=100ms\n"
                + "StandardError=append:/run/cgwarden.err\n", to: dropIn)
        try run("systemctl", "daemon-reload")
    }

    private var told: String {
        (try? String(contentsOfFile: "/run/cgwarden.err", encoding: .utf8)) ?? "nothing"
    }

    private func awaitRestarts(_ number: Int) throws {
        try awaiting("it was restarted \(number) times; it said: \(told)") {
            try property("NRestarts") == "\(number)" && property("ActiveState") == "active"
        }
    }

    private func checkAllIsBack(_ pids: String?, _ when: String) throws {
        try awaiting("the victim is as it was, \(when)") {
            !isFrozen() && file("pids.max") == pids
        }
    }

    @Test func serviceRestartsRestoresAndStops() throws {
        try installAll()
        // The pages may not be installed where it is tested.
        let verified = try ProgramRun.run(
            "systemd-analyze", ["verify", "/etc/systemd/system/cgwarden.service"])
        let complaints = verified.errorLines.filter {
            $0.contains("cgwarden") && !$0.contains("'man ")
        }
        #expect(complaints.isEmpty, "\(complaints)")

        try run(
            "systemd-run", "--quiet", "--collect", "--property=DefaultDependencies=no",
            "--unit=\(victim)", "sleep", "10000")
        defer { _ = try? ProgramRun.run("systemctl", ["kill", "--signal=KILL", victim]) }
        let pids = file("pids.max")

        try setPolicy(acting(50))
        let started = try ProgramRun.run("systemctl", ["start", "cgwarden.service"])
        defer { _ = try? ProgramRun.run("systemctl", ["stop", "cgwarden.service"]) }
        #expect(started.status == 0, "\(started.errors)\(told)")
        #expect(try property("ActiveState") == "active")
        try awaiting("the victim is limited and frozen; it said: \(told)") {
            isFrozen() && file("pids.max") == "50\n"
        }
        let place = try String(contentsOfFile: hooked, encoding: .utf8)
        #expect(place.contains("/system.slice/cgwarden.service/hooks/"), "\(place)")
        #expect(try run("cgwarden", "status").contains("stop"))

        // Another policy.
        try setPolicy(acting(60))
        try run("systemctl", "reload", "cgwarden.service")
        try awaiting("the other limit; it said: \(told)") {
            file("pids.max") == "60\n"
        }
        #expect(try property("ActiveState") == "active")

        let heard = try property("WatchdogTimestampMonotonic")
        try awaiting("the watchdog hears from it") {
            try property("WatchdogTimestampMonotonic") != heard
        }
        #expect(try property("NRestarts") == "0", "\(told)")
        // The next policy requests nothing, so the restored values come from a restore.
        try setPolicy("")
        try run("kill", "-STOP", property("MainPID"))
        try awaitRestarts(1)
        try checkAllIsBack(pids, "after it hung")

        try setPolicy(acting(70))
        try run("systemctl", "reload", "cgwarden.service")
        try awaiting("it is limited and frozen; it said: \(told)") {
            isFrozen() && file("pids.max") == "70\n"
        }
        try setPolicy("")
        try run("kill", "-KILL", property("MainPID"))
        let start = ContinuousClock.now
        try awaiting("the victim goes on") { !isFrozen() }
        print(
            "service: thawed \((ContinuousClock.now - start) / .milliseconds(1)) ms after its death"
        )
        try systemdSays("running")
        try awaitRestarts(2)
        try checkAllIsBack(pids, "after it was killed")

        // Values set by hand are not restored, not even after both have died.
        let memory = file("memory.max")
        try run("cgwarden", "set", victim, "memory.max=512MiB")
        try setPolicy(acting(75))
        try run("systemctl", "reload", "cgwarden.service")
        try awaiting("it is limited and frozen; it said: \(told)", seconds: 60) {
            isFrozen() && file("pids.max") == "75\n"
        }
        try setPolicy("")
        try run("systemctl", "kill", "--signal=KILL", "cgwarden.service")
        try awaitRestarts(3)
        try checkAllIsBack(pids, "after all of it was killed")
        try systemdSays("running")
        #expect(file("memory.max") == "\(512 << 20)\n")
        try run("cgwarden", "restore", victim)
        #expect(file("memory.max") == memory)

        try setPolicy(acting(80))
        try run("systemctl", "reload", "cgwarden.service")
        try awaiting("it is limited and frozen; it said: \(told)") {
            isFrozen() && file("pids.max") == "80\n"
        }
        try run("systemctl", "stop", "cgwarden.service")
        #expect(!isFrozen())
        #expect(file("pids.max") == pids)
        #expect(try property("Result") == "success", "\(told)")
        #expect(try run("cgwarden", "restore") == "nothing to undo\n")
    }
}
