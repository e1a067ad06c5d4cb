import Foundation
import Glibc
import TestSupport

/// A cgroup that allocates and one that computes, and what they were before a daemon came.
final class DaemonVictims {
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
        // It waits for the daemon's limit, so that it is guarded before it reaches its own, then
        // allocates 200 MiB/s and begins again, as long as it lives.
        let limited = (guarded.directory(of: "pids") ?? "") + "/pids.max"
        let program =
            "$| = 1; print 1; my $n = 0; until ($n == 99) { select(undef, undef, undef, 0.1);"
            + " open(my $f, \"<\", \"\(limited)\") or last; $n = <$f> + 0; } sleep 1;"
            + " while (1) { my @x; for (1..30) { push @x, \"a\" x (4 << 20);"
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

    /// Whether any has a freeze requested, or the OOM killer disabled.
    var isHeld: Bool {
        guarded.isAskedToFreeze || busy.isAskedToFreeze
            || (guarded.text("memory.oom_control") ?? "").hasPrefix("oom_kill_disable 1")
    }

    /// Its current state, in a few words.
    var moment: String {
        "\(guarded.isAskedToFreeze ? "guarded frozen " : "")"
            + "\(busy.isAskedToFreeze ? "busy frozen " : "")"
            + "\(changed.isEmpty ? "" : "limited")"
    }

    func end() {
        for member in members { member.send(SIGKILL) }
    }

    /// Limits, rules and a guard for both; nothing is frozen for longer than `longest`.
    func policy(longest: String = "600ms") -> String {
        """
        defaults: {interval: 100ms, rate_window: 300ms, cooldown: 100ms}
        groups:
          guarded: {path: "\(guarded.path)"}
          busy: {path: "\(busy.path)"}
        limits:
          - {on: guarded, set: {pids.max: 99, cpu.weight: 200}}
          - {on: busy, set: {cpu.weight: 50}}
        rules:
          - name: stop
            on: busy
            when: pids.current >= 1
            until: pids.current < 1
            max_active: \(longest == "600ms" ? "300ms" : longest)
            do: [{freeze: {timeout: \(longest == "600ms" ? "250ms" : longest), on_timeout: thaw}}]
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
            max_frozen: \(longest)
            relief: [{raise: {step: 20MiB, ceiling: 120MiB, host_free_min: 1MiB}}]
            on_timeout: thaw_killer

        """
    }
}
