import CgroupModel
import Foundation
import History
import Testing
import TestSupport

@testable import Service

/// A recorded dry run of the daemon, tried again, gives the same audit lines to the byte.
@Suite(
    .enabled(if: ProgramCgroup.canBeMade, "it needs root and writable cgroup mounts"),
    .enabled(if: RealCgroups.required == nil, "an emulated guest does not keep the pace"))
struct KernelBacktestTests {
    private let folder: ProgramCapture

    init() throws { folder = try ProgramCapture(mountinfo: "") }

    private func file(_ name: String, _ text: String) throws -> String {
        try folder.write(text, to: name)
        try folder.permit(0o600, name)
        return "\(folder.root)/\(name)"
    }

    /// Every kind of rule and limit that needs only the facts of a recording.
    private func policy(_ path: String) throws -> String {
        try file(
            "p.yaml",
            """
            apiVersion: cgwarden/v1
            defaults: {interval: 100ms, rate_window: 500ms, cooldown: 300ms}
            groups: {g: {path: "\(path)*"}}
            pools: {fast: {count: 1, exclusive: true, fallback: shared, others: [g]}}
            limits:
              - {on: g, during: 00:00-12:00, set: {pids.max: 900}}
              - {on: g, during: 12:00-00:00, set: {pids.max: 901}}
              - {on: g, set: {memory.soft_limit: 25%host, cpuset.pool: fast}}
            rules:
              - {name: busy, on: g, when: "avg(cpu.usage_usec.rate, 500ms) > 0.2cpus", for: 200ms, \
            until: "avg(cpu.usage_usec.rate, 500ms) < 0.1cpus", until_for: 200ms, repeat: {every: 500ms, max: 2, while: cpu.usage_usec.rate > 0.1cpus}, \
            do: [{scale: {attr: cpu.max, factor: 0.5, of: usage, min: 0.1cpus, max: 2cpus}}, \
            {log: {level: notice}}], undo: {relax: {factor: 2, every: 300ms}}}
              - {name: many, on: g, when: pids.current >= 2, for: 100ms, max_active: 400ms, \
            cooldown: 300ms, do: [{freeze: {timeout: 2s}}, {notify: {sinks: [journald]}}]}
              - {name: both, on: g, scope: aggregate, when: memory.current > 4KiB and \
            host.memory.available > 1MiB, victims: {by: memory.current, take: 1}, max_active: 1s, \
            do: [{reclaim: {bytes: 1MiB}}]}
              - {name: slow, on: g, when: "slope(pids.current, 1s) < 0/s or cgroup.age > 1s", \
            do: [{log: {level: info}}]}
            guards:
              - {name: guard, on: g, limit: 1GiB, freeze_at: 95%, resume_at: 85%, max_frozen: 5s, \
            relief: [{raise: {step: 16MiB, ceiling: 2GiB, host_free_min: 64MiB}}]}
            """)
    }

    /// Busy and idle, alone and with children, and a cgroup that comes and goes.
    private static let load = """
        echo ready
        while :; do
          n=0; while [ $n -lt 600000 ]; do n=$((n+1)); done
          sleep 0.5 & sleep 0.7 & wait
        done
        """

    private func live(_ policy: String, ticks: Int, _ place: String) throws -> (
        audit: [UInt8], recording: String
    ) {
        let root = folder.root
        let config = try file("c-\(place).yaml", "history: {recording: \(root)/rec}\n")
        let daemon = try ProgramRun(
            ProgramRun.cgwarden,
            [
                "daemon", "--dry-run", "--policy", policy, "--config", config, "--state-dir",
                "\(root)/state", "--audit", "\(root)/audit-\(place)", "--web.listen-address", "-",
                "-n", "\(ticks)", "--log-level", "error",
            ])
        let cgroup = try ProgramCgroup("-child")
        let other = try cgroup.start(Self.load)
        Thread.sleep(forTimeInterval: 1)
        other.send(SIGKILL)
        cgroup.remove()
        let result = try daemon.result()
        #expect(result.status == 0, "\(result)")
        let audit = try Data(contentsOf: URL(filePath: "\(root)/audit-\(place)"))
        return (Array(audit), "\(root)/rec")
    }

    @Test func backtestOfARecordedDryRunGivesTheSameLines() throws {
        let cgroup = try ProgramCgroup()
        let member = try cgroup.start(Self.load)
        defer { member.send(SIGKILL) }
        let policy = try policy("/cgwarden-test-\(getpid())-")
        let isLong = ProcessInfo.processInfo.environment["CGWARDEN_LONG_TESTS"] != nil
        let first = try live(policy, ticks: isLong ? 600 : 40, "1")
        // The recorder continues in the same file; the engine starts fresh.
        let second = try live(policy, ticks: 12, "2")
        let text = String(decoding: first.audit, as: UTF8.self)
        for part in [
            #""rule":"many""#, #""rule":"both""#, #""rule":"slow""#,
            #""pool":"fast""#, #""limits":"g""#, #""evidence""#, #""note":"left""#,
        ] {
            #expect(text.contains(part), "\(part) is not in \(text)")
        }
        let arguments = ["policy", "backtest", policy, "--history", first.recording, "--lines"]
        let tried = try ProgramRun.run(ProgramRun.cgwarden, arguments)
        #expect(tried.status == 0, "\(tried.errors)")
        let lines = String(decoding: first.audit + second.audit, as: UTF8.self)
            .split(separator: "\n").map(String.init)
        #expect(tried.lines.count == lines.count)
        let different = zip(lines, tried.lines).first { $0 != $1 }
        #expect(different == nil, "\(different.map { "\n- \($0)\n+ \($1)" } ?? "")")
        #expect(tried.bytes == first.audit + second.audit)

        // On one CPU as on all of them.
        let again = try ProgramRun.run("taskset", ["-c", "0", ProgramRun.cgwarden] + arguments)
        #expect(again.bytes == tried.bytes, "\(again.errors)")
        let summary = arguments.dropLast()
        let texts = try [["taskset", "-c", "0"], ["env"]].map { prefix in
            try ProgramRun.run(
                prefix[0], Array(prefix.dropFirst()) + [ProgramRun.cgwarden] + summary
            ).output
        }
        #expect(texts[0] == texts[1] && texts[0].contains("many"), "\(texts)")
    }

    /// The engine's clock includes suspend: here it is far ahead of the other clock.
    @Test(.enabled(if: ProgramRun.isInstalled("unshare"), "it needs unshare"))
    func samplesHaveBootTimeStamps() throws {
        let ahead: UInt64 = 50_000_000
        let path = "\(folder.root)/rec"
        let result = try ProgramRun.run(
            "unshare",
            [
                "--time", "--boottime", "\(ahead)", ProgramRun.cgwarden, "stat", "-n", "1",
                "--record", path,
            ])
        #expect(result.status == 0, "\(result.errors)")
        var cursor = RecordingCursor(try RecordingFiles.open(path))
        let snapshot = try #require(try cursor.next())
        #expect(snapshot.tierTimes[0].now > ahead * 1_000_000_000)
    }
}
