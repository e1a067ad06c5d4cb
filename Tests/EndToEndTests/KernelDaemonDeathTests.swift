import Foundation
import TestSupport
import Testing

/// What becomes of cgroups when the daemon is killed while it freezes, limits and guards them.
@Suite(
    .serialized, .enabled(if: ProgramCgroup.canBeMade, "it needs root and writable cgroup mounts"))
struct KernelDaemonDeathTests {
    /// `CGWARDEN_DAEMON_KILLS` asks for more.
    private static let kills =
        ProcessInfo.processInfo.environment["CGWARDEN_DAEMON_KILLS"].flatMap { Int($0) }
        ?? (RunningDaemon.isInGuest ? 2 : 10)

    /// A cgroup that allocates and one that computes, and what they were before.
    private final class Victims {
        let guarded: ProgramCgroup
        let busy: ProgramCgroup
        private let members: [ProgramRun]
        private let before: [String: String]

        init() throws {
            guarded = try ProgramCgroup("-guarded")
            busy = try ProgramCgroup("-busy")
            let limit = "\(60 << 20)"
            if guarded.isMemoryLegacy {
                try guarded.write(limit, to: "memory.limit_in_bytes")
                try? guarded.write(limit, to: "memory.memsw.limit_in_bytes")
            } else {
                try guarded.write(limit, to: "memory.max")
                try? guarded.write("0", to: "memory.swap.max")
            }
            before = Self.values(guarded, busy)
            // It allocates 200 MiB/s and begins anew, as long as it lives.
            let program =
                "$| = 1; print 1; while (1) { my @x; for (1..30) { push @x, \"a\" x (4 << 20);"
                + " select(undef, undef, undef, 0.02) } }"
            members = [
                try guarded.start("exec perl -e '\(program)'"),
                try busy.start("echo ready; while :; do :; done"),
            ]
        }

        private static let files = [
            "memory.limit_in_bytes", "memory.memsw.limit_in_bytes", "memory.soft_limit_in_bytes",
            "memory.max", "memory.high", "memory.low", "cpu.cfs_quota_us", "cpu.cfs_period_us",
            "cpu.shares", "cpu.max", "cpu.weight", "pids.max",
        ]

        private static func values(_ cgroups: ProgramCgroup...) -> [String: String] {
            var values: [String: String] = [:]
            for cgroup in cgroups {
                for file in files { values["\(cgroup.path) \(file)"] = cgroup.text(file) }
                let control = cgroup.text("memory.oom_control") ?? ""
                values["\(cgroup.path) oom"] = control.components(separatedBy: "\n").first
            }
            return values
        }

        /// Values that are not what they were.
        var changed: [String] {
            let now = Self.values(guarded, busy)
            return before.filter { now[$0.key] != $0.value }
                .map { "\($0.key): \(now[$0.key] ?? "absent"), it was \($0.value)" }.sorted()
        }

        /// Whether any is asked to stand still, or the kernel may not kill.
        var isHeld: Bool {
            guarded.isAskedToFreeze || busy.isAskedToFreeze
                || (guarded.text("memory.oom_control") ?? "").hasPrefix("oom_kill_disable 1")
        }

        func end() {
            for member in members { member.send(SIGKILL) }
        }
    }

    private func policy(_ victims: Victims) -> String {
        """
        defaults: {interval: 100ms, rate_window: 300ms, cooldown: 100ms}
        groups:
          guarded: {path: "\(victims.guarded.path)"}
          busy: {path: "\(victims.busy.path)"}
        limits:
          - {on: guarded, set: {pids.max: 99, cpu.weight: 200}}
          - {on: busy, set: {cpu.weight: 50}}
        rules:
          - name: stop
            on: busy
            when: pids.current >= 1
            until: pids.current < 1
            max_active: 300ms
            do: [{freeze: {timeout: 250ms, on_timeout: thaw}}]
          - name: cap
            on: busy
            when: pids.current >= 1
            until: pids.current < 1
            max_active: 500ms
            do: [{set: {cpu.max: 0.5cpus, pids.max: 55}}]
            undo: restore
        guards:
          - name: guarding
            on: guarded
            freeze_at: 90%
            resume_at: 80%
            resume_for: 100ms
            max_frozen: 600ms
            relief: [{raise: {step: 20MiB, ceiling: 120MiB, host_free_min: 1MiB}}]
            on_timeout: thaw_killer

        """
    }

    @Test func killedAtAnyMomentItLeavesNothingFrozenAndRestorePutsAllBack() throws {
        var moments: [String: Int] = [:]
        var slowest = 0.0
        for round in 0..<Self.kills {
            let victims = try Victims()
            defer { victims.end() }
            let daemon = try RunningDaemon(policy(victims))
            let wait = Double.random(in: 0...(RunningDaemon.isInGuest ? 6 : 1.4))
            Thread.sleep(forTimeInterval: wait)
            let moment =
                "\(victims.guarded.isAskedToFreeze ? "guarded frozen " : "")"
                + "\(victims.busy.isAskedToFreeze ? "busy frozen " : "")"
                + "\(victims.changed.isEmpty ? "" : "limited")"
            daemon.run.send(SIGKILL)
            let start = ContinuousClock.now
            moments[moment, default: 0] += 1
            try awaiting("all go on after \(wait) s (\(moment)), round \(round)", seconds: 5) {
                !victims.isHeld
            }
            let time = Double((ContinuousClock.now - start) / .milliseconds(1))
            slowest = max(slowest, time)
            #expect(time <= 1000, "round \(round): \(moment)")
            try awaiting("the guardian has done its work", seconds: 10) {
                daemon.places.guardian == nil
            }
            #expect(!victims.isHeld)
            let restored = try daemon.ask("restore")
            #expect(restored.status == 0, "round \(round): \(restored.output)\(restored.errors)")
            // A limit below what is used by now is no limit that can be set.
            victims.end()
            if !victims.changed.isEmpty { _ = try daemon.ask("restore") }
            #expect(victims.changed.isEmpty, "round \(round): \(victims.changed)")
            #expect(try daemon.ask("restore").output == "nothing to undo\n")
        }
        print(
            "daemon: \(Self.kills) kills, nothing frozen and the OOM killer back after at most "
                + "\(slowest) ms; \(moments.sorted { $0.key < $1.key })")
    }
}
