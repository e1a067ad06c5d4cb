import Foundation
import KernelIO
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
            try awaiting("all go on after \(wait) s (\(moment)), round \(round)") {
                !victims.isHeld
            }
            let time = Double((ContinuousClock.now - start) / .milliseconds(1))
            slowest = max(slowest, time)
            try awaiting("the guardian has done its work") {
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

    /// Row 20: nobody samples any more, for the daemon stands still, and what it froze goes on when
    /// it should.
    ///
    /// It may have been stopped in the middle of a record, with the journal locked.
    @Test(arguments: [false, true]) func withoutSamplesAFreezeEndsInTime(isLocked: Bool) throws {
        for seconds in [2, 20] {
            let cgroup = try ProgramCgroup("-stalled")
            let member = try cgroup.start("echo ready; exec sleep 300")
            defer { member.send(SIGKILL) }
            let before = ContinuousClock.now
            let daemon = try RunningDaemon(
                """
                defaults: {interval: 100ms}
                groups: {g: {path: "\(cgroup.path)"}}
                rules:
                  - name: stop
                    on: g
                    when: pids.current >= 1
                    until: pids.current < 1
                    max_active: 10m
                    do: [{freeze: {timeout: \(seconds)s, on_timeout: thaw}}]

                """)
            try awaiting("it is frozen") { cgroup.isAskedToFreeze }
            daemon.run.send(SIGSTOP)
            defer { daemon.run.send(SIGCONT) }
            let journal = "\(daemon.places.state)/journal"
            let lock = isLocked ? try? LogFile(journal, patience: .zero) : nil
            // A slow machine may come too late to stop it.
            guard cgroup.isAskedToFreeze else { continue }
            try awaiting("it goes on") { !cgroup.isAskedToFreeze }
            #expect(ContinuousClock.now - before >= .seconds(seconds))
            _ = consume lock
            daemon.run.send(SIGKILL)
            try awaiting("the guardian has ended") { daemon.places.guardian == nil }
            #expect(try daemon.ask("restore").output == "nothing to undo\n")
            return
        }
        Issue.record("the daemon was not stopped in time")
    }

    /// The daemon's end, of whatever kind, takes back what the daemon did and nothing else.
    @Test(arguments: [SIGKILL, SIGTERM]) func whatAPersonSetStays(_ signal: Int32) throws {
        let byHand = try ProgramCgroup("-hand")
        let both = try ProgramCgroup("-both")
        let originals = [byHand, both].map { $0.text("pids.max") }
        let places = try DaemonPlaces(
            """
            defaults: {interval: 100ms}
            groups: {g: {path: "\(both.path)", populated: false}}
            limits: [{on: g, set: {pids.max: 321}}]

            """)
        for cgroup in [byHand, both] {
            let set = try places.command(["set", cgroup.path, "pids.max=55"])
            #expect(set.status == 0, "\(set.errors)")
        }
        let daemon = try RunningDaemon(places)
        try awaiting("the limit of the policy") { both.text("pids.max") == "321" }
        daemon.run.send(signal)
        _ = try daemon.run.result()
        try awaiting("the guardian has ended") { places.guardian == nil }
        #expect(both.text("pids.max") == "55")
        #expect(byHand.text("pids.max") == "55")
        let listed = try places.command(["journal", "--json"])
        #expect(!listed.output.contains("\"owner\":\"daemon\""), "\(listed.output)")
        #expect(try places.command(["restore"]).status == 0)
        #expect([byHand, both].map { $0.text("pids.max") } == originals)
    }
}
