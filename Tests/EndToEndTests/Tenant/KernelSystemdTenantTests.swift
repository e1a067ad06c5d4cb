import Foundation
import TestSupport
import Testing

private let attackSeconds =
    ProcessInfo.processInfo.environment["CGWARDEN_ATTACK_SECONDS"].flatMap { Double($0) } ?? 40

/// A local user attacks the daemon as it is installed (SECURITY.md).
///
/// The user owns huge, special and swapped state files, locks every cgroup, and makes cgroups with
/// hostile names under a standing limit. `CGWARDEN_ATTACK_SECONDS=3600` attacks for an hour.
@Suite(
    .serialized,
    .enabled(
        if: SystemdOnUnified.isThere && RunningDaemon.isInGuest
            && ProgramRun.isInstalled("perl"),
        "PID 1 is not systemd on the v2 tree of a test guest, or perl is missing"))
struct KernelSystemdTenantTests {
    private static let user = "1000"
    private static let tree =
        "/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/cgwarden-test-tenant"
    private static let attack = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "attack.pl").standardized.path()

    /// Starts the attack as the user, in the delegated tree.
    private func startAttack() throws -> ProgramRun {
        let runtime = "/run/user/\(Self.user)"
        try FileManager.default.createDirectory(
            atPath: runtime, withIntermediateDirectories: true)
        try FileManager.default.createDirectory(
            atPath: Self.tree, withIntermediateDirectories: true)
        try InstalledUnit.run("chown", "\(Self.user):\(Self.user)", runtime)
        try InstalledUnit.run("chown", "-R", "\(Self.user):\(Self.user)", Self.tree)
        return try ProgramRun(
            "setpriv",
            [
                "--reuid", Self.user, "--regid", Self.user, "--clear-groups", "perl", Self.attack,
                "\(runtime)/containers", Self.tree,
            ])
    }

    /// The value of a metric without labels, from a scrape that is answered in time.
    private func metrics(_ unit: InstalledUnit) throws -> [Substring: Double] {
        let answer = try ProgramRun.run(
            "curl",
            ["--silent", "--fail", "--max-time", "30", "http://127.0.0.1:10980/metrics"])
        try #require(
            answer.status == 0,
            "no answer to a scrape: curl's status \(answer.status); \(remains(unit))")
        let rows = answer.output.split(separator: "\n").filter { !$0.hasPrefix("#") }
        return Dictionary(
            rows.compactMap { row in
                row.lastIndex(of: " ").map { (row[..<$0], Double(row[$0...].dropFirst()) ?? .nan) }
            }, uniquingKeysWith: { $1 })
    }

    /// What is known of a daemon that does not answer.
    private func remains(_ unit: InstalledUnit) -> String {
        let machine =
            "systemctl status --no-pager \(InstalledUnit.name); dmesg | tail -n 20; df -h; free"
        let told = try? ProgramRun.run("sh", ["-c", machine]).output
        return "\(told ?? "")\n\(unit.log.suffix(4000))"
    }

    /// Kills what is in the user's tree and removes it.
    private func clear() {
        let old = (try? FileManager.default.contentsOfDirectory(atPath: Self.tree)) ?? []
        for name in old { unsafe rmdir("\(Self.tree)/\(name)") }
        unsafe rmdir(Self.tree)
        try? FileManager.default.removeItem(atPath: "/run/user/\(Self.user)/containers")
    }

    @Test func limitsAndRootJobsSurviveAnAttackingTenant() throws {
        let unit = try InstalledUnit("CPUWeight=10000")
        try unit.setPolicy(
            """
            groups:
              kept: {path: /cgwarden-test-kept, populated: false}
              tenant: {path: "/user.slice/**/cgwarden-test-tenant/*", populated: false}
              named: {container: {name: "web*"}, populated: false}
            limits:
              - {on: kept, set: {pids.max: 321}}
              - {on: tenant, set: {pids.max: 123}}
            rules:
              - {name: n, on: named, when: pids.current > 100000, do: [{notify: {}}]}
            """)
        let kept = "/sys/fs/cgroup/cgwarden-test-kept"
        unsafe mkdir(kept, 0o755)
        defer { unsafe rmdir(kept) }
        defer { clear() }
        let attack = try startAttack()
        try InstalledUnit.run("systemctl", "start", InstalledUnit.name)
        defer { _ = try? ProgramRun.run("systemctl", ["stop", InstalledUnit.name]) }
        let job = try ProgramRun(ProgramRun.cgwarden, ["run", "--", "sleep", "100000"])
        func limit() -> String? {
            try? String(contentsOfFile: "\(kept)/pids.max", encoding: .utf8)
        }
        try awaiting("the standing limit; the daemon said: \(unit.log)", seconds: 120) {
            limit() == "321\n"
        }

        let end = ContinuousClock.now + .seconds(attackSeconds)
        var rounds = 0
        var oldest = 0.0
        while rounds < 2 || ContinuousClock.now < end {
            rounds += 1
            #expect(limit() == "321\n", "a limit was lost in round \(rounds)")
            // The watchdog ends a daemon whose tick waits for the user.
            #expect(try unit.property("NRestarts") == "0", "\(unit.log)")
            #expect(job.isRunning, "a job of root was ended: \(job.errors)")
            #expect(attack.isRunning, "the attack has ended: \(attack.errors)")
            let done = try ProgramRun(ProgramRun.cgwarden, ["run", "--", "true"])
                .result(seconds: 120)
            #expect(done.status == 0, "run: \(done.errors)")
            for command in ["freeze", "thaw"] {
                let result = try ProgramRun(
                    ProgramRun.cgwarden, [command, "/cgwarden-test-kept"]
                ).result(seconds: 120)
                #expect(result.status == 0, "\(command): \(result.errors)")
            }
            let values = try metrics(unit)
            let last = try #require(values["cgwarden_last_sample_timestamp_seconds"])
            oldest = max(oldest, Date().timeIntervalSince1970 - last)
            if rounds % 50 == 1 {
                let sizes = ["process_resident_memory_bytes", "process_open_fds"].map {
                    values[$0] ?? .nan
                }
                print("attack: round \(rounds), memory and descriptors \(sizes)")
            }
            Thread.sleep(forTimeInterval: 2)
        }
        let values = try metrics(unit)
        let ticks = values["cgwarden_ticks_total"] ?? 0
        let late = values["cgwarden_late_ticks_total"] ?? 0
        print(
            "attack: \(rounds) rounds, \(ticks) ticks, \(late) late, oldest sample \(oldest) s; "
                + "the attacker: \(attack.bytes.count) bytes of rounds")
        #expect(attack.bytes.contains(UInt8(ascii: "\n")), "the attack did something")
        #expect(
            !unit.log.utf8.contains { $0 < 0x20 && $0 != 0x0a }, "raw control bytes in the log")
        job.send(SIGTERM)
        _ = try job.result(seconds: 120)
        attack.send(SIGTERM)
        _ = try attack.result(seconds: 60)
        try InstalledUnit.run("systemctl", "stop", InstalledUnit.name)
        #expect(try unit.property("Result") == "success", "\(unit.log)")
        #expect(limit() == "max\n")
    }
}
